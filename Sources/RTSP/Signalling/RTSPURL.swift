/// An `rtsp` or `rtsps` URL, taken apart. Its description has no credentials.
package struct RTSPURL: Sendable, Hashable, CustomStringConvertible {
    package var isEncrypted: Bool
    /// Percent-decoded; nil where the URL has none.
    package var user: String?
    package var password: String?
    /// Without the brackets of an IPv6 address.
    package var host: String
    package var port: UInt16
    /// Path and query as they were written, from the first slash on; empty where there are none.
    package var path: String

    /// Reads `rtsp://user:password@host:port/path?query`; nil where that can't be.
    ///
    /// Passwords with `@`, `:` or `/` that nobody has encoded are understood where that is possible: the host follows
    /// the last `@` before the first slash that is followed by none.
    package init?(_ text: String) { nil }

    /// As it goes into a request: without credentials, with the port where it is not the scheme's own.
    package var description: String { "" }
}
