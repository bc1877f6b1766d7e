/// Lays the frames of a source's sound one behind the other on the time line of its pictures. Ticks of 90 kHz.
///
/// Frames follow each other without a seam while the source's times agree within `tolerance`; what they drift is taken
/// up by 2 % of a frame's length at a time. A hole stays a hole. Times that are nonsense (more than `limit` from the
/// pictures) are moved to where the pictures are: sound never disturbs them.
struct AudioTimeline {
    static let tolerance: Int64 = 9000
    static let limit: Int64 = 5 * 90_000

    /// Where the last frame ends.
    private var end: Int64?
    private var shift: Int64 = 0

    /// - Parameters:
    ///   - time: the frame's time on the pictures' line as the source has it; nil where it says none.
    ///   - duration: how long it sounds, at least 1.
    ///   - video: the latest picture's decoding time; nil before the first.
    mutating func place(_ time: Int64?, duration: Int64, video: Int64?) -> Int64 {
        guard let time else {
            let position = end ?? video ?? 0
            end = position + duration
            return position
        }
        var wanted = time + shift
        let reference = video ?? end
        if let reference, (wanted - reference).magnitude > UInt64(Self.limit) {
            let target = max(reference, min(end ?? reference, reference + Self.limit))
            shift += target - wanted
            wanted = target
        }
        var position = wanted
        if let end {
            let error = wanted - end
            if error <= Self.tolerance {
                let most = max(1, duration / 50)
                position = end + max(-most, min(most, error))
            }
            position = max(position, end - duration + 1)
        }
        end = position + duration
        return position
    }
}
