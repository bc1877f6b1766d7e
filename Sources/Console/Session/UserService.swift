import Crypto
package import Domain
package import Foundation
package import Store
import Synchronization

/// Users and their sessions: who may sign in, who is signed in, for how long.
package final class UserService: Sendable {
    /// How long a session lasts.
    package struct SessionLimits: Sendable {
        /// Without a request.
        package var idle: Duration
        /// Altogether.
        package var absolute: Duration
        /// Sessions a user may have at once; the oldest ends.
        package var perUser: Int

        package init(
            idle: Duration = .seconds(12 * 3600),
            absolute: Duration = .seconds(7 * 86_400),
            perUser: Int = 50
        ) {
            self.idle = idle
            self.absolute = absolute
            self.perUser = perUser
        }
    }

    /// A user that can't be added or changed; the message says why.
    package struct UserError: Error, Sendable, Equatable, CustomStringConvertible {
        package enum Code: String, Sendable { case invalid, taken, notFound, lastAdmin }

        package var code: Code
        /// The field that is wrong, for `invalid`.
        package var field: String?
        package var message: String

        package var description: String { message }
    }

    /// What came of a login.
    package enum SignIn: Sendable {
        case signedIn(Session)
        case refused
        case tooMany(retryAfter: Duration)
        /// More logins at once than are computed.
        case busy
    }

    private let users: UserRepository
    private let sessions: SessionRepository
    private let hasher: PasswordHasher
    private let clock: any HostClock
    private let limits: SessionLimits
    private let limiter: Mutex<LoginLimiter>
    /// Counts wrong codes of reports as wrong passwords are counted, by ticket and address.
    private let codes = Mutex(LoginLimiter.forCodes())
    /// The units that `unit` users may belong to; nil when any slug will do.
    private let units: (@Sendable () -> Set<String>)?
    /// Streams that end with their session.
    package let streams = StreamRegistry()

    package init(
        database: Database,
        clock: any HostClock = SystemClock(),
        hasher: PasswordHasher = PasswordHasher(),
        limits: SessionLimits = SessionLimits(),
        loginLimits: LoginLimiter.Limits = LoginLimiter.Limits(),
        units: (@Sendable () -> Set<String>)? = nil
    ) {
        users = UserRepository(database)
        sessions = SessionRepository(database)
        self.clock = clock
        self.hasher = hasher
        self.limits = limits
        limiter = Mutex(LoginLimiter(limits: loginLimits))
        self.units = units
    }

    // MARK: Users

    /// Creates `admin` on the first start, when there is no user at all: with `GRIDWATCH_ADMIN_PASSWORD`, or with a
    /// random password written to `initial-admin-password` (mode 0600) in `dataDirectory`.
    ///
    /// - Returns: the file with the password when one was written.
    package func bootstrapAdmin(dataDirectory: URL, environment: [String: String]) async throws -> URL? {
        guard try await users.count() == 0 else { return nil }
        if let given = environment["GRIDWATCH_ADMIN_PASSWORD"], !given.isEmpty {
            try await add(name: "admin", role: .admin, password: given)
            return nil
        }
        let password = Self.randomBytes(15).base64EncodedString().replacing("/", with: "-").replacing("+", with: "_")
        let file = dataDirectory.appending(path: "initial-admin-password")
        // Written first: a user whose password nobody knows would lock everybody out.
        try Self.writePrivately(password + "\n", to: file)
        try await add(name: "admin", role: .admin, password: password)
        return file
    }

    /// Adds a user.
    ///
    /// - Throws: `UserError`: the name, password or unit is not one that can be used, or the name is taken.
    @discardableResult
    package func add(
        name: String,
        role: Role,
        password: String,
        displayName: String? = nil,
        unit: String? = nil,
        language: String? = nil
    ) async throws -> User {
        try Self.check(name: name)
        try Self.check(password: password)
        try check(unit: unit, role: role)
        let display = displayName.flatMap { $0.isEmpty ? nil : $0 } ?? name
        guard display.count <= 64 else {
            throw UserError(code: .invalid, field: "displayName", message: "a display name has at most 64 characters")
        }
        guard language.map(["zh-CN", "en"].contains) ?? true else {
            throw UserError(code: .invalid, field: "language", message: "the language is zh-CN or en")
        }
        let user = User(
            name: name,
            displayName: display,
            role: role,
            unit: unit,
            language: language,
            createdAt: clock.now()
        )
        let hash = try await hasher.hash(password)
        do {
            try await users.insert(user, password: hash)
        } catch let error as StoreError where error.code == .conflict {
            throw UserError(code: .taken, field: "name", message: "there is a user \(name) already")
        }
        return user
    }

    package func list(after name: String?, limit: Int) async throws -> [User] {
        try await users.list(after: name, limit: limit)
    }

    /// All of them, in order of their names.
    package func everybody() async throws -> [User] {
        var found: [User] = []
        repeat {
            let page = try await users.list(after: found.last?.name, limit: 500)
            found += page
            if page.count < 500 { return found }
        } while true
    }

    package func exists(_ name: String) async throws -> Bool { try await users.find(name) != nil }

    /// Nil where there is no such user.
    package func role(of name: String) async throws -> Role? { try await users.find(name)?.user.role }

    /// Deletes a user, ends the sessions and their streams.
    package func delete(_ name: String) async throws {
        switch try await users.delete(name) {
        case .deleted: streams.end(user: name)
        case .notFound: throw UserError(code: .notFound, message: "there is no user of that name")
        case .lastAdmin: throw UserError(code: .lastAdmin, message: "the last admin can't be deleted")
        }
    }

    /// Sets another password; ends the user's sessions and their streams.
    package func setPassword(_ name: String, password: String) async throws {
        try Self.check(password: password)
        let hash = try await hasher.hash(password)
        guard try await users.setPassword(name, password: hash) else {
            throw UserError(code: .notFound, message: "there is no user of that name")
        }
        streams.end(user: name)
    }

    // MARK: Sessions

    /// Checks name and password and, when they are right, begins a session.
    package func signIn(name: String, password: String, address: String?) async throws -> SignIn {
        let name = String(name.prefix(64))
        if let wait = limiter.withLock({ $0.wait(name: name, address: address, now: clock.monotonic()) }) {
            return .tooMany(retryAfter: wait)
        }
        let found = try await users.find(name)
        let isRight: Bool
        do {
            isRight = try await hasher.verify(password, against: found?.password)
        } catch is PasswordHasher.Busy {
            return .busy
        }
        guard isRight, let user = found?.user else {
            limiter.withLock { $0.failed(name: name, address: address, now: clock.monotonic()) }
            return .refused
        }
        limiter.withLock { $0.succeeded(name: name, address: address) }
        return .signedIn(try await begin(user))
    }

    // MARK: Codes of reports

    /// Nil when a code of a report may be tried from an address, else the time until it may.
    package func waitForCode(ticket: String, address: String?) -> Duration? {
        codes.withLock { $0.wait(name: String(ticket.prefix(64)), address: address, now: clock.monotonic()) }
    }

    /// Notes what came of a code.
    package func triedCode(ticket: String, address: String?, isRight: Bool) {
        let name = String(ticket.prefix(64))
        codes.withLock { limiter in
            if isRight {
                limiter.succeeded(name: name, address: address)
            } else {
                limiter.failed(name: name, address: address, now: clock.monotonic())
            }
        }
    }

    /// The session a token stands for; nil when there is none or it is past its time.
    package func session(token: String) async throws -> Session? {
        guard (20...100).contains(token.utf8.count) else { return nil }
        let hash = Self.hash(token)
        guard let record = try await sessions.find(tokenHash: hash) else { return nil }
        let now = clock.now()
        guard now - record.lastSeenAt < limits.idle, now - record.createdAt < limits.absolute else {
            try await sessions.delete(tokenHash: hash)
            streams.end(session: hash)
            return nil
        }
        if now - record.lastSeenAt >= .seconds(60) { try await sessions.touch(tokenHash: hash, at: now) }
        return Session(id: hash, user: record.user, token: token)
    }

    /// Whether a session that a stream belongs to still stands; counts as use of it.
    package func isValid(_ session: Session) async throws -> Bool {
        try await self.session(token: session.token) != nil
    }

    /// Signs out and ends the session's streams.
    package func signOut(_ session: Session) async throws {
        try await sessions.delete(tokenHash: session.id)
        streams.end(session: session.id)
    }

    private func begin(_ user: User) async throws -> Session {
        let token = Self.randomBytes(32).base64EncodedString()
            .replacing("/", with: "_").replacing("+", with: "-").replacing("=", with: "")
        let session = Session(id: Self.hash(token), user: user, token: token)
        let now = clock.now()
        try await sessions.insert(
            tokenHash: session.id,
            user: user.name,
            at: now,
            createdBefore: now - limits.absolute,
            seenBefore: now - limits.idle,
            keeping: limits.perUser
        )
        return session
    }
}

extension UserService {
    private static func check(name: String) throws(UserError) {
        let letters = name.unicodeScalars
        // Chinese names are welcome; blanks, slashes and what can't be seen are not.
        let isUsable = letters.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_.@".unicodeScalars.contains($0)
        }
        guard (1...64).contains(name.count), name.utf8.count <= 128, isUsable else {
            throw UserError(
                code: .invalid,
                field: "name",
                message: "a name has 1 to 64 letters, digits or any of - _ . @"
            )
        }
    }

    private static func check(password: String) throws(UserError) {
        guard password.count >= 8, password.utf8.count <= 1024 else {
            throw UserError(code: .invalid, field: "password", message: "a password has 8 to 1024 characters")
        }
    }

    private func check(unit: String?, role: Role) throws(UserError) {
        guard (role == .unit) == (unit != nil) else {
            throw UserError(
                code: .invalid,
                field: "unit",
                message: role == .unit ? "a user of role unit needs a unit" : "only a user of role unit has a unit"
            )
        }
        guard let unit else { return }
        guard Slug.isValid(unit), units?().contains(unit) ?? true else {
            throw UserError(code: .invalid, field: "unit", message: "there is no unit \(unit.prefix(64))")
        }
    }

    private static func hash(_ token: String) -> String {
        SHA256.hash(data: Data(token.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private static func randomBytes(_ count: Int) -> Data {
        var random = SystemRandomNumberGenerator()
        return Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    private static func writePrivately(_ text: String, to file: URL) throws {
        // A file left by an interrupted first start is taken over; its mode is set before its content.
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw UserError(code: .invalid, message: "can't write \(file.path): \(reason)")
        }
        fchmod(descriptor, 0o600)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.synchronize()
    }
}
