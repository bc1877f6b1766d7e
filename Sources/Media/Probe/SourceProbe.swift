package import Domain

/// Reads a source for some seconds and says what it is. Blocks; to be run in a process of its own, because what comes is
/// anybody's.
package enum SourceProbe {
    /// Until the stream's parameters are known.
    static let connectTimeout = Duration.seconds(8)
    /// All in all, also where key frames are far apart.
    static let longest = Duration.seconds(30)
    /// Of a file at most so many seconds are read.
    private static let longestFile = 60.0

    /// Opens, measures and closes.
    ///
    /// - Parameter open: as recording opens sources: what is said is what will be recorded.
    package static func run(_ request: ProbeRequest, open: SourceOpener) -> ProbeOutcome {
        let clock = SystemClock()
        let began = clock.monotonic()
        let cancellation = Cancellation()
        do throws(MediaError) {
            let address = try SourceAddress(request.url)
            let source = try open(
                request.url,
                DemuxerOptions(
                    connectTimeout: connectTimeout,
                    readTimeout: .seconds(8),
                    loopFile: false,
                    paceFile: false,
                    takesAudio: true,
                    source: request.options
                ),
                cancellation
            )
            var measurement = StreamMeasurement(startedAt: began, isLive: source.arrivalCounts)
            measurement.connected(at: clock.monotonic())
            var info = source.info
            let end = began + longest
            reading: while clock.monotonic() < end {
                let result: ReadResult
                do throws(MediaError) {
                    result = try source.next()
                } catch {
                    // What came until then is still worth saying.
                    guard measurement.keyFrames > 0 else { throw error }
                    break reading
                }
                switch result {
                case .packet(let packet): measurement.take(packet, at: clock.monotonic())
                case .parametersChanged(let changed): info = changed
                case .end: break reading
                }
                let enough = address.isFile ? longestFile : request.seconds
                if measurement.mediaSeconds >= enough, measurement.keyFrames > 1 || address.isFile { break }
            }
            guard measurement.keyFrames > 0 else {
                throw MediaError(.timeout, "\(address.redacted): no key frame came in \(Int(longest.seconds)) s")
            }
            return .report(
                measurement.report(
                    source: address.redacted,
                    info: info,
                    hasSub: request.hasSub,
                    isFile: address.isFile
                )
            )
        } catch {
            return .failure(ProbeFailure(reason: error.reason, detail: error.message))
        }
    }
}
