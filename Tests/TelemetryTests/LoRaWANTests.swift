import Domain
import Foundation
import TestSupport
import Testing

@testable import Telemetry

@Suite("LoRaWAN payloads")
struct LoRaWANTests {
    private static let now = WallTime(microseconds: 1_795_428_000_000_000)

    /// The published vectors that a codec has decoded, as JSON text and as numbers.
    private static let published: [(device: String, json: String, numbers: [String: Double])] = {
        guard let file = SharedData.file("data/sensor/lorawan_mqtt_payloads.json"),
            let data = try? Data(contentsOf: file),
            let items = (try? JSONSerialization.jsonObject(with: data)) as? [[String: Any]]
        else { return [] }
        return items.compactMap { item in
            guard let decoded = item["decoded"] as? [String: Any],
                let json = try? JSONSerialization.data(withJSONObject: decoded)
            else { return nil }
            let numbers = decoded.compactMapValues { ($0 as? NSNumber)?.doubleValue }
            return (item["device"] as? String ?? "", String(decoding: json, as: UTF8.self), numbers)
        }
    }()

    private static func uplink(_ decoded: String) -> [UInt8] {
        Array(
            """
            {"end_device_ids": {"device_id": "well-3", "application_ids": {"application_id": "city"}},
             "received_at": "2026-11-23T09:59:59.5Z",
             "uplink_message": {"f_port": 85, "frm_payload": "AXVcA4IeAA==", "decoded_payload": \(decoded),
              "rx_metadata": [{"rssi": -60}], "received_at": "2026-11-23T09:59:59Z"}}
            """.utf8
        )
    }

    @Test(
        "every published vector in an uplink of The Things Stack v3 is read with all its numbers and its own time",
        .enabled(if: !published.isEmpty, "the shared vectors are not here")
    )
    func vectors() throws {
        let profile = PayloadProfile.named("ttn")
        #expect(Self.published.count == 6)
        for vector in Self.published {
            let bytes = Self.uplink(vector.json)
            let path = try #require(profile.sensor)
            #expect(PayloadReader.sensorId(bytes, at: path) == "well-3")
            let content = PayloadReader.readings(bytes, sensorId: "well-3", profile: profile, receivedAt: Self.now)
            let reading = try #require(content.readings.first, "\(vector.device) \(content)")
            #expect(reading.occurredAt == WallTime(rfc3339: "2026-11-23T09:59:59Z"))
            // One of the numbers is the plain value; the others keep their names.
            for (name, number) in vector.numbers {
                #expect(reading.values[name] == number || reading.values["value"] == number, "\(vector.device) \(name)")
            }
        }
    }

    @Test("an uplink without decoded values is told so, and a join is no reading")
    func undecoded() {
        let profile = PayloadProfile.named("ttn")
        let raw = #"{"end_device_ids":{"device_id":"a"},"uplink_message":{"frm_payload":"AXVc"}}"#
        for text in [raw, #"{"end_device_ids":{"device_id":"a"},"join_accept":{}}"#] {
            let content = PayloadReader.readings(
                Array(text.utf8),
                sensorId: "a",
                profile: profile,
                receivedAt: Self.now
            )
            #expect(content.readings.isEmpty && content.rejection?.reason == .noValue)
        }
    }

    @Test("a ChirpStack uplink is read by a profile of the site's own")
    func chirpStack() throws {
        let text =
            #"{"devEUI":"0004a30b00e94935","rxInfo":[{"time":"2024-07-08T21:15:43.444511Z","rssi":-103}],"fCnt":249}"#
        let profile = try JSONDecoder().decode(
            PayloadProfile.self,
            from: Data(
                """
                {"name": "lamp-radio", "time": "rxInfo[0].time", "sensor": "devEUI",
                 "fields": [{"name": "value", "path": "fCnt"}, {"name": "rssiDb", "path": "rxInfo[0].rssi"}]}
                """.utf8
            )
        )
        let content = PayloadReader.readings(
            Array(text.utf8),
            sensorId: "0004a30b00e94935",
            profile: profile,
            receivedAt: Self.now
        )
        #expect(content.readings.first?.values == ["value": 249, "rssiDb": -103])
        #expect(content.readings.first?.occurredAt == WallTime(rfc3339: "2024-07-08T21:15:43.444511Z"))
        #expect(try JSONDecoder().decode(PayloadProfile.self, from: JSONEncoder().encode(profile)) == profile)
    }
}
