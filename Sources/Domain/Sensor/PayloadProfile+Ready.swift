/// The profiles that come with the product. Where no source fixes a limit it is set far outside what the device can
/// measure: it tells a broken sensor from a bad day.
extension PayloadProfile {
    private static let switchWords: [String: Double] = ["on": 1, "off": 0, "true": 1, "false": 0]

    static let ready: [PayloadProfile] = [
        // FIWARE Streetlight `powerState`: on, off, low, bootingUp.
        PayloadProfile(
            name: "streetlight",
            words: switchWords.merging(["low": 0.5, "bootingup": 0.25, "fault": -1, "error": -1]) { $1 },
            valueNames: ["state", "powerState"]
        ),
        PayloadProfile(name: "waterLevel", valueNames: ["level"], units: ["value": "cm"]),
        PayloadProfile(
            name: "rain",
            valueNames: ["rainfall", "rain"],
            units: ["value": "mm"],
            limits: ["value": Limits(0, 2000)]
        ),
        PayloadProfile(
            name: "pipePressure",
            valueNames: ["pressure", "pressure_kPa"],
            units: ["value": "kPa"],
            limits: ["value": Limits(-200, 100_000)]
        ),
        PayloadProfile(
            name: "pipeFlow",
            valueNames: ["flow", "flowRate"],
            units: ["value": "m³/h"],
            limits: ["value": Limits(-1_000_000, 1_000_000)]
        ),
        PayloadProfile(
            name: "gas",
            words: switchWords,
            valueNames: ["concentration", "lel"],
            units: ["value": "%LEL"],
            limits: ["value": Limits(-10, 200)]
        ),
        PayloadProfile(
            name: "temperature",
            valueNames: ["temperature", "temp"],
            units: ["value": "°C"],
            limits: ["value": Limits(-90, 1500)]
        ),
        PayloadProfile(
            name: "manhole",
            words: switchWords.merging([
                "open": 1, "opened": 1, "closed": 0, "close": 0, "tilt": 1, "normal": 0,
            ]) { $1 },
            valueNames: ["tilt"],
            units: ["value": "°", "level": "cm"]
        ),
        PayloadProfile(
            name: "binLevel",
            valueNames: ["fillLevel", "level"],
            units: ["value": "%"],
            limits: ["value": Limits(-5, 150)]
        ),
        PayloadProfile(
            name: "noise",
            valueNames: ["leq", "laeq", "db", "noise"],
            units: ["value": "dB(A)"],
            limits: ["value": Limits(0, 200)]
        ),
        PayloadProfile(
            name: "dust",
            valueNames: ["pm10", "pm25", "pm2_5", "tsp"],
            units: ["value": "µg/m³"],
            limits: ["value": Limits(0, 100_000)]
        ),
        PayloadProfile(
            name: "parkingCount",
            valueNames: ["count", "occupied", "free"],
            limits: ["value": Limits(0, 1_000_000)]
        ),
        theThingsNetwork,
    ]

    /// The Things Stack v3 uplinks: every number of `decoded_payload`, at the time of reception.
    ///
    /// Source: thethingsindustries.com/docs, "Data Formats", uplink messages.
    private static let theThingsNetwork = PayloadProfile(
        name: "ttn",
        words: switchWords.merging(["open": 1, "closed": 0, "tilt": 1, "normal": 0]) { $1 },
        valueNames: ["value", "level", "distance_mm", "distance", "pressure_kPa", "pressure", "temperature"],
        fields: [Field(name: "*", path: JSONPath("uplink_message.decoded_payload"))],
        time: JSONPath("uplink_message.received_at"),
        sensor: JSONPath("end_device_ids.device_id")
    )
}
