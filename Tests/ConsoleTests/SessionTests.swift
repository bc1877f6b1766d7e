import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import Store
import Testing

@testable import Console

@Suite("sessions")
struct SessionTests {
    @Test("a login answers with the user, a token and a cookie that scripts and other sites can't use")
    func login() async throws {
        let world = try await ConsoleWorld()
        let reply = try await world.ask(
            .post,
            "/api/v1/session",
            as: nil,
            #"{"name": "leader", "password": "correct horse"}"#
        )
        #expect(reply.status == 200)
        #expect(reply.json["user"]?["role"] == "leader")
        let token = try #require(reply.json["token"]?.text)
        let cookie = try #require(reply.headers[.setCookie])
        #expect(cookie == "gridwatch=\(token); Path=/; HttpOnly; SameSite=Strict")
        let byCookie = try await world.ask(
            .get,
            "/api/v1/session",
            as: nil,
            headers: [.cookie: "other=1; gridwatch=\(token)"]
        )
        #expect(byCookie.json["user"]?["name"] == "leader")
        let database = try Data(contentsOf: world.folder.appending(path: "gridwatch.db-wal"))
        #expect(database.range(of: Data(token.utf8)) == nil, "the token itself is stored nowhere")
        #expect(database.range(of: Data(ConsoleWorld.password.utf8)) == nil)
    }

    @Test("an unknown name and a wrong password get the same answer")
    func enumeration() async throws {
        let world = try await ConsoleWorld()
        let wrong = try await world.ask(.post, "/api/v1/session", as: nil, #"{"name": "leader", "password": "x"}"#)
        let unknown = try await world.ask(.post, "/api/v1/session", as: nil, #"{"name": "nobody", "password": "x"}"#)
        #expect(wrong.status == 401)
        #expect(wrong.code == "badCredentials")
        #expect(wrong.bytes == unknown.bytes)
    }

    @Test("after too many failures a name has to wait, others and successful logins don't")
    func limit() async throws {
        let world = try await ConsoleWorld(
            loginLimits: LoginLimiter.Limits(perName: 3, perAddress: 100, window: .seconds(60))
        )
        let wrong = #"{"name": "leader", "password": "x"}"#
        let right = #"{"name": "leader", "password": "correct horse"}"#
        for _ in 0..<5 {
            #expect(try await world.ask(.post, "/api/v1/session", as: nil, right).status == 200)
        }
        for _ in 0..<3 {
            #expect(try await world.ask(.post, "/api/v1/session", as: nil, wrong).status == 401)
        }
        let blocked = try await world.ask(.post, "/api/v1/session", as: nil, right)
        #expect(blocked.status == 429)
        #expect(blocked.code == "tooManyAttempts")
        #expect(blocked.headers[.retryAfter] == "60")
        #expect(blocked.json["params"]?["retryAfterSeconds"] == 60)
        let other = try await world.ask(
            .post,
            "/api/v1/session",
            as: nil,
            #"{"name": "viewer", "password": "correct horse"}"#
        )
        #expect(other.status == 200)
        world.clock.advance(by: .seconds(61))
        #expect(try await world.ask(.post, "/api/v1/session", as: nil, right).status == 200)
    }

    @Test("a session ends when idle for too long, when too old, and at once on sign-out or a new password")
    func ends() async throws {
        let world = try await ConsoleWorld()
        #expect(try await world.ask(.get, "/api/v1/session", as: "leader").status == 200)
        for _ in 0..<10 {
            world.clock.advance(by: .seconds(11 * 3600))
            #expect(try await world.ask(.get, "/api/v1/session", as: "leader").status == 200)
        }
        #expect(try await world.ask(.get, "/api/v1/session", as: "viewer").status == 401, "idle")
        for _ in 0..<6 {
            world.clock.advance(by: .seconds(11 * 3600))
            _ = try await world.ask(.get, "/api/v1/session", as: "leader")
        }
        #expect(try await world.ask(.get, "/api/v1/session", as: "leader").status == 401, "too old")

        let fresh = try await ConsoleWorld()
        #expect(try await fresh.ask(.delete, "/api/v1/session", as: "monitor").status == 204)
        #expect(try await fresh.ask(.get, "/api/v1/session", as: "monitor").status == 401)
        let password = #"{"password": "another one"}"#
        #expect(try await fresh.ask(.post, "/api/v1/users/leader/password", as: "admin", password).status == 204)
        #expect(try await fresh.ask(.get, "/api/v1/session", as: "leader").status == 401)
        #expect(try await fresh.ask(.delete, "/api/v1/users/viewer", as: "admin").status == 204)
        #expect(try await fresh.ask(.get, "/api/v1/session", as: "viewer").status == 401)
        let last = try await fresh.ask(.delete, "/api/v1/users/admin", as: "admin")
        #expect(last.status == 409)
        #expect(last.code == "lastAdmin")
    }

    @Test(
        "a change from a page of another origin is refused, one without an origin is not",
        arguments: [
            ("http://evil.example", 403), ("null", 403), ("http://localhost:81", 403), ("http://localhost", 204),
            ("", 204),
        ]
    )
    func origin(_ origin: String, _ status: Int) async throws {
        let world = try await ConsoleWorld()
        var headers: HTTPFields = [:]
        if !origin.isEmpty { headers[.origin] = origin }
        let token = try #require(world.tokens["viewer"])
        headers[.authorization] = "Bearer \(token)"
        let server = ConsoleServer(services: world.services, logger: ConsoleWorld.logger)
        let sent = headers
        try await server.application().application.test(.live) { client in
            try await client.execute(uri: "/api/v1/session", method: .delete, headers: sent) { response in
                #expect(response.status.code == status)
            }
        }
    }

    @Test("the first start makes an admin with the password of the environment, or a random one in a private file")
    func bootstrap() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-first-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let hasher = PasswordHasher(cost: PasswordHasher.Cost(rounds: 16))
        let users = UserService(database: try Store.Database(directory: folder), hasher: hasher)
        let file = try #require(try await users.bootstrapAdmin(dataDirectory: folder, environment: [:]))
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let password = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(password.count == 20)
        guard case .signedIn(let session) = try await users.signIn(name: "admin", password: password, address: nil)
        else {
            Issue.record("the password in the file is not admin's")
            return
        }
        #expect(session.user.role == .admin)
        let again = try await users.bootstrapAdmin(
            dataDirectory: folder,
            environment: ["GRIDWATCH_ADMIN_PASSWORD": "something else"]
        )
        #expect(again == nil)
        guard case .refused = try await users.signIn(name: "admin", password: "something else", address: nil) else {
            Issue.record("a second start must not change the password")
            return
        }
    }

    @Test("a stored hash verifies its password and no other, also at the cost of production")
    func hashing() async throws {
        let hasher = PasswordHasher()
        let stored = try await hasher.hash("密码 and more")
        #expect(stored.hasPrefix("scrypt$32768$8$1$"))
        #expect(try await hasher.verify("密码 and more", against: stored))
        #expect(try await !hasher.verify("密码 and mor", against: stored))
        #expect(try await !hasher.verify("", against: nil))
        #expect(try await !hasher.verify("x", against: "scrypt$1073741824$8$1$AAAA$AAAA"))
    }

    @Test("the limiter forgets after its window and stays within its bounds")
    func limiter() {
        var limiter = LoginLimiter(
            limits: LoginLimiter.Limits(perName: 2, perAddress: 3, perNameAnywhere: 4, window: .seconds(10))
        )
        limiter.failed(name: "a", address: "1", now: .seconds(0))
        #expect(limiter.wait(name: "a", address: "1", now: .seconds(1)) == nil)
        limiter.failed(name: "a", address: "1", now: .seconds(4))
        #expect(limiter.wait(name: "a", address: "1", now: .seconds(5)) == .seconds(5))
        #expect(limiter.wait(name: "a", address: "2", now: .seconds(5)) == nil, "its owner is elsewhere")
        limiter.failed(name: "b", address: "1", now: .seconds(5))
        #expect(limiter.wait(name: "c", address: "1", now: .seconds(6)) == .seconds(4))
        #expect(limiter.wait(name: "c", address: "1", now: .seconds(10)) == nil)
        limiter.succeeded(name: "a", address: "1")
        #expect(limiter.wait(name: "a", address: "1", now: .seconds(10)) == nil)
    }

    @Test("a name guessed at from many addresses has to wait everywhere, one address alone never brings that about")
    func limiterAnywhere() {
        var limiter = LoginLimiter()
        for attempt in 0..<1000 {
            if limiter.wait(name: "a", address: "1", now: .seconds(1)) == nil {
                limiter.failed(name: "a", address: "1", now: .seconds(1))
            }
            #expect(limiter.wait(name: "a", address: "9", now: .seconds(1)) == nil, "attempt \(attempt)")
        }
        for address in 10..<210 { limiter.failed(name: "a", address: "\(address)", now: .seconds(2)) }
        #expect(limiter.wait(name: "a", address: "9", now: .seconds(3)) == .seconds(299))
        #expect(limiter.wait(name: "b", address: "9", now: .seconds(3)) == nil)
    }
}
