import Testing

@testable import RTSP

@Suite("Authentication")
struct DigestTests {
    @Test(
        "MD5 and SHA-256 of their standards' messages",
        arguments: [
            (
                "", "d41d8cd98f00b204e9800998ecf8427e",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            ),
            (
                "abc", "900150983cd24fb0d6963f7d28e17f72",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            ),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "8215ef0796a20bcaaae116d3876c664a",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
    )
    func hashes(text: String, md5: String, sha256: String) {
        #expect(hexadecimal(MD5.digest(Array(text.utf8))) == md5)
        #expect(hexadecimal(SHA256.digest(Array(text.utf8))) == sha256)
    }

    @Test("a million letters, over many blocks")
    func long() {
        let letters = Array(repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(hexadecimal(MD5.digest(letters)) == "7707d6ae4e027c70eea2a935c2296f21")
        #expect(
            hexadecimal(SHA256.digest(letters)) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        )
    }

    private func challenges(_ headers: [String]) -> [Challenge] {
        Challenge.all(
            RTSPMessage(
                start: .response(status: 401, reason: ""),
                headers: headers.map { .init(name: "www-authenticate", value: $0) }
            )
        )
    }

    /// The examples of RFC 2617 §3.5 and RFC 7616 §3.9.1, and one without qop (RFC 2069).
    @Test(
        "the RFCs' own answers",
        arguments: [
            (
                "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
                "Circle Of Life", "0a4f113b", "6629fae49393a05397450978507c4ef1"
            ),
            (
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
                "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "8ca523f5e9506fed4657c9700eebdbec"
            ),
            (
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
                "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
            ),
            (
                "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
                "Circle Of Life", "", "670fd8c2df070c60b045671b8b24ff02"
            ),
        ]
    )
    func vectors(header: String, password: String, nonce: String, response: String) throws {
        let challenge = try #require(challenges([header]).first)
        let url = "/dir/index.html"
        let answer = Credentials(user: "Mufasa", password: password)
            .answer(challenge, method: "GET", url: url, uses: 1, clientNonce: nonce)
        #expect(answer.contains("response=\"\(response)\""))
        #expect(answer.contains("nc=00000001") == challenge.hasQuality)
        #expect(!answer.contains(password))
    }

    @Test("session keys of -sess hash the nonces once more")
    func sessions() throws {
        let challenge = try #require(
            challenges(["Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess, qop=\"auth\""]).first
        )
        func md5(_ text: String) -> String { hexadecimal(MD5.digest(Array(text.utf8))) }
        let secret = md5(md5("u:r:p") + ":n:c")
        let expected = md5("\(secret):n:00000002:c:auth:" + md5("PLAY:rtsp://h/"))
        let answer = Credentials(user: "u", password: "p")
            .answer(challenge, method: "PLAY", url: "rtsp://h/", uses: 2, clientNonce: "c")
        #expect(answer.contains("response=\"\(expected)\""))
    }

    @Test(
        "challenges in all their shapes",
        arguments: [
            (["Basic realm=\"x\""], [0]),
            (["Digest realm=\"a,b=c\", nonce=\"1\"", "Basic realm=\"x\""], [1, 0]),
            (["Basic realm=\"x\", Digest realm=\"y\", nonce=\"1\", algorithm=SHA-256, Digest nonce=2"], [0, 3, 1]),
            (["digest REALM = \"y\" , NONCE=\"1\" , Algorithm=\"md5\", stale=FALSE"], [1]),
            (["Digest realm=\"y\""], []),
            (["Digest nonce=\"1\", algorithm=SHA-512"], []),
            (["Digest nonce=\"1\", qop=\"auth-int\""], []),
            (["Digest nonce=\"1\", algorithm=SHA-256-sess", "Digest nonce=\"1\", algorithm=MD5-sess"], [4, 2]),
            (["Negotiate", "NTLM abc="], []),
            (["", ",,,", "=", "Digest", "Digest ="], []),
        ]
    )
    func shapes(headers: [String], strengths: [Int]) {
        #expect(challenges(headers).map(\.strength) == strengths)
    }

    @Test("credentials show in no description")
    func secrets() {
        let credentials = Credentials(user: "alice", password: "hunter2")
        let url = RTSPURL("rtsp://alice:hunter2@h/x")
        let session = url.map { RTSPSession(.init(url: $0, way: .tcp)) }
        for text in [
            "\(credentials)", "\(String(describing: url))", String(reflecting: url), String(reflecting: credentials),
        ] {
            #expect(!text.contains("hunter2"))
        }
        var dumped = ""
        dump(session, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!String(describing: session).contains("hunter2"))
    }
}
