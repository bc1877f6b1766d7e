package import Foundation

/// The capture process of one shard: reads `DIR/capture/N.json`, records its cameras and feeds its analyse worker.
package final class CaptureProcess: Sendable {
    /// - Parameters:
    ///   - dataDirectory: the data folder `DIR`.
    ///   - shard: which of its shards, from 0.
    ///   - analyseCommand: program and arguments of the analyse worker, `[path of gridwatch, "analyse"]`.
    ///   - managed: whether serve started this process and a silence of 60 s after it has gone ends it.
    package init(dataDirectory: URL, shard: Int, analyseCommand: [String], managed: Bool) {}

    /// Records until SIGTERM, SIGINT, `stop` over the link, or (managed) 60 s after serve has gone. Blocks.
    ///
    /// - Returns: the exit code: 0 when every segment was closed, 1 with one line on standard error otherwise.
    package func run() -> Int32 { 0 }
}
