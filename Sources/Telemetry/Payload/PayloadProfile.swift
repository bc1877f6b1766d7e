/// How the payloads of a kind of sensor are read: which words stand for which numbers.
///
/// Every profile takes the default shapes; a profile that isn't listed here takes nothing else.
package struct PayloadProfile: Sendable {
    var name: String
    /// Words (lower case) that stand for numbers, for texts in any field.
    var words: [String: Double] = [:]
    /// Fields that mean the plain `value` when a payload has no `value` of its own.
    var valueNames: [String] = []

    private static let switchWords: [String: Double] = ["on": 1, "off": 0, "true": 1, "false": 0]

    /// The profile by its name.
    static func named(_ name: String) -> PayloadProfile {
        builtIn[name] ?? PayloadProfile(name: name)
    }

    /// The ready profiles by name.
    package static let builtIn: [String: PayloadProfile] = {
        let profiles = [
            // FIWARE Streetlight `powerState`: on, off, low, bootingUp.
            PayloadProfile(
                name: "streetlight",
                words: switchWords.merging(["low": 0.5, "bootingup": 0.25, "fault": -1, "error": -1]) { $1 },
                valueNames: ["state", "powerState"]
            ),
            PayloadProfile(name: "waterLevel", valueNames: ["level"]),
            PayloadProfile(
                name: "manhole",
                words: switchWords.merging(["open": 1, "opened": 1, "closed": 0, "close": 0]) { $1 },
                valueNames: ["tilt"]
            ),
            PayloadProfile(name: "gas", words: switchWords, valueNames: ["concentration", "lel"]),
        ]
        return Dictionary(uniqueKeysWithValues: profiles.map { ($0.name, $0) })
    }()
}
