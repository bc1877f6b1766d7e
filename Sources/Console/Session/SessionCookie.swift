/// The cookie that carries a session's token to browsers.
enum SessionCookie {
    static let name = "gridwatch"

    /// No script may read it, no page of another site may send it. `Secure` comes with TLS.
    static func set(_ token: String) -> String {
        "\(name)=\(token); Path=/; HttpOnly; SameSite=Strict"
    }

    static let clear = "\(name)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
}
