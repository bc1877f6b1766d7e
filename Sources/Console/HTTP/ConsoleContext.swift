import Hummingbird
import NIOCore

/// What belongs to one request besides the request itself.
struct ConsoleContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The peer's IP address, without its port.
    var address: String? { channel.remoteAddress?.ipAddress }

    /// Breaks the connection off; what is being written fails.
    func closeConnection() {
        channel.close(promise: nil)
    }
}
