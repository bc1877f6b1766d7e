import Domain
import Foundation
import SiteFile
import Testing

@Suite("Secrets for the site file")
struct SecretStoreTests {
    private func folder() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)")
    }

    private func mode(_ url: URL) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: url.path))?[.posixPermissions] as? Int
    }

    @Test("what is kept comes back, is readable by nobody else, and stands nowhere in the clear")
    func kept() throws {
        let data = folder()
        defer { try? FileManager.default.removeItem(at: data) }
        let store = SecretStore(dataDirectory: data, environment: [:])
        #expect(try store.all() == [:])
        try store.set("gate", to: "geheim-Ä-密码")
        try store.set("yard", to: "other")
        try store.set("gate", to: "geheim-2")
        #expect(try SecretStore(dataDirectory: data, environment: [:]).all() == ["gate": "geheim-2", "yard": "other"])
        #expect(try store.names() == ["gate", "yard"])
        for name in ["secrets.json", "secrets.key"] {
            let file = data.appending(path: "keys/\(name)")
            #expect(mode(file) == 0o600)
            #expect(try !String(contentsOf: file, encoding: .utf8).contains("geheim"))
        }
        #expect(try store.remove("gate"))
        #expect(try !store.remove("gate"))
        #expect(try store.all() == ["yard": "other"])
    }

    @Test("with another key, another name or a changed byte nothing is opened")
    func sealed() throws {
        let data = folder()
        defer { try? FileManager.default.removeItem(at: data) }
        let store = SecretStore(dataDirectory: data, environment: [:])
        try store.set("a", to: "one")
        let file = data.appending(path: "keys/secrets.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing("\"a\"", with: "\"b\"").write(to: file, atomically: true, encoding: .utf8)
        #expect(throws: SecretStore.Failure.self) { try store.all() }
        try text.write(to: file, atomically: true, encoding: .utf8)
        #expect(try store.all() == ["a": "one"])
        let key = data.appending(path: "keys/secrets.key")
        try Data(repeating: 7, count: 32).base64EncodedString().write(to: key, atomically: true, encoding: .utf8)
        #expect(throws: SecretStore.Failure.self) { try store.all() }
        // A lost key is never replaced silently by a new one.
        try FileManager.default.removeItem(at: key)
        #expect(throws: SecretStore.Failure.self) { try store.set("c", to: "two") }
    }

    @Test("the key may lie elsewhere")
    func elsewhere() throws {
        let data = folder()
        let key = folder()
        defer { for url in [data, key] { try? FileManager.default.removeItem(at: url) } }
        let environment = ["GRIDWATCH_SECRETS_KEY_FILE": key.path]
        try SecretStore(dataDirectory: data, environment: environment).set("a", to: "one")
        #expect(!FileManager.default.fileExists(atPath: data.appending(path: "keys/secrets.key").path))
        #expect(try SecretStore(dataDirectory: data, environment: environment).all() == ["a": "one"])
        #expect(throws: SecretStore.Failure.self) { try SecretStore(dataDirectory: data, environment: [:]).all() }
    }

    @Test("the site file names a secret; one that is not there is a mistake that says how to keep it")
    func named() throws {
        let text = "site: { name: A }\ncameras:\n  - { id: a, source: \"rtsp://u:${secret:gate}@h/a\" }"
        let site = try SiteFile(text: text, file: "site.yaml", environment: ["secret:gate": "geheim"]).site
        #expect(site.cameras.first?.source == "rtsp://u:geheim@h/a")
        let error = #expect(throws: SiteFileError.self) {
            try SiteFile(text: text, file: "site.yaml", environment: [:])
        }
        #expect(error?.diagnostics.first?.remedy.contains("gridwatch secret set gate") == true)
    }
}
