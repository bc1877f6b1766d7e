package import Domain

/// What came of readings that a gateway posted.
package struct PostOutcome: Sendable, Equatable, Encodable {
    /// One that was not taken; `index` counts from 0.
    package struct Refusal: Sendable, Equatable, Encodable {
        package var index: Int
        /// A code of `RejectionReason`, or `unknownSource`, or `notYours`.
        package var reason: String
        package var detail: String?
    }

    /// Readings and positions that are stored.
    package var accepted = 0
    package var rejected: [Refusal] = []
}

/// Why nothing of a post was taken.
package enum PostFailure: Error, Sendable, Equatable {
    case notJSON
    case noItems
    case tooMany
    /// Too much waits to be stored, or nothing can be; the gateway shall try again.
    case busy
}

extension TelemetryService {
    /// The gateway with that token; nil when there is none.
    package func gateway(token: String) -> Gateway? { gateways.first { $0.accepts(token) } }

    /// Takes what a gateway posts: `{"items": [{"source", "ts", "value"}, …]}`, or one such item. Returns once it is on
    /// the disk.
    ///
    /// - Throws: `PostFailure`: nothing was taken.
    package func post(_ body: [UInt8], from gateway: Gateway) async throws(PostFailure) -> PostOutcome {
        guard let root = try? JSONParser.parse(body) else { throw .notJSON }
        var items = [root]
        if case .array(let list)? = root["items"] { items = list }
        guard !items.isEmpty else { throw .noItems }
        guard items.count <= PayloadReader.maximumReadings else { throw .tooMany }
        let now = receptionTime
        var outcome = PostOutcome()
        var parts: [IngestPart] = []
        for (index, item) in items.enumerated() {
            guard case .string(let id)? = item["source"], !id.isEmpty, id.utf8.count <= 128 else {
                outcome.rejected.append(.init(index: index, reason: "unknownSource", detail: "source is missing"))
                continue
            }
            guard gateway.sources?.contains(id) ?? true else {
                outcome.rejected.append(.init(index: index, reason: "notYours", detail: id))
                continue
            }
            let (part, refusal) = part(item, id, gateway, now)
            parts.append(part)
            if let refusal {
                outcome.rejected.append(.init(index: index, reason: refusal.reason, detail: refusal.detail))
            } else {
                outcome.accepted += 1
            }
        }
        guard await stored(parts) else { throw .busy }
        return outcome
    }

    private func part(_ item: JSONValue, _ id: String, _ gateway: Gateway, _ now: WallTime) -> (
        IngestPart, (reason: String, detail: String?)?
    ) {
        let rejection: PayloadRejection
        if let profile = profile(ofSensor: id) {
            switch PayloadReader.reading(item.without("source"), sensorId: id, profile: profile, receivedAt: now) {
            case .accepted(let reading): return (.reading(reading), nil)
            case .rejected(let reason, let detail): rejection = PayloadRejection(reason, detail)
            }
        } else if vehicle(id) != nil {
            switch PayloadReader.position(item, vehicleId: id, receivedAt: now) {
            case .accepted(let position): return (.report(VehicleReport(position)), nil)
            case .rejected(let reason, let detail): rejection = PayloadRejection(reason, detail)
            }
        } else {
            let payload = Array(item.text.utf8)
            return (.unknown(id, way: "http:\(gateway.id)", payload: payload), ("unknownSource", id))
        }
        let payload = item.text
        let rejected = RejectedPayload(
            source: id,
            topic: "http:\(gateway.id)",
            receivedAt: now,
            reason: rejection.reason,
            detail: rejection.detail,
            sizeBytes: payload.utf8.count,
            payload: Array(payload.utf8)
        )
        return (.rejected(rejected), (rejection.reason.rawValue, rejection.detail))
    }
}
