package import Store

/// A signed-in user.
package struct Session: Sendable, Equatable {
    /// SHA-256 of the token, hex: names the session without being able to open it.
    package let id: String
    package let user: User
    /// What the user sends with each request.
    package let token: String
}
