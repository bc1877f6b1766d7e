package import Domain
import Foundation
import Store

#if canImport(Glibc)
    import Glibc
#endif

/// Which cases may be the same problem.
extension CaseService {
    /// A closed case is suggested as long after its last sign: what comes back sooner may not have been mended.
    static let closedCasesSuggested = Duration.seconds(15 * 86_400)

    /// Cases of the same class within the class's radius: open ones of any age, closed ones with a sign at most 15 days
    /// before or after. Those within the class's period too are likely; a person decides.
    ///
    /// - Throws: `CaseError` (`notFound`).
    package func duplicates(of id: String, for actor: CaseActor) async throws -> [DuplicateCandidate] {
        let value = try await get(id, for: actor)
        guard let position = value.position else { return [] }
        return try await duplicates(
            ofClass: value.classCode,
            at: position,
            happened: value.lastAt,
            except: value.id,
            for: actor
        )
    }

    /// The same for what is not a case yet.
    package func duplicates(
        ofClass code: String,
        at position: GeoPoint,
        happened: WallTime,
        except id: String,
        for actor: CaseActor
    ) async throws -> [DuplicateCandidate] {
        let entry = base.catalogue[code]
        let radius = entry?.duplicateRadius ?? CaseClass.defaultDuplicateRadius
        let period = entry?.duplicateSeconds ?? CaseClass.defaultDuplicateSeconds
        let metresPerDegree = 111_195.0
        let high = radius / metresPerDegree
        let wide = radius / (metresPerDegree * max(0.01, cos(position.lat * .pi / 180)))
        let found = try await repository.cases(
            ofClass: code,
            south: position.lat - high,
            north: position.lat + high,
            west: position.lon - wide,
            east: position.lon + wide,
            since: happened - Self.closedCasesSuggested,
            until: happened + Self.closedCasesSuggested,
            except: id
        )
        let counts = try await reports.counts(ofCases: found.map(\.id))
        return found.compactMap { other -> DuplicateCandidate? in
            // What was refused or merged stands for nothing any more.
            guard isVisible(other, to: actor), ![.invalid, .merged, .void].contains(other.ending),
                let metres = other.position?.distance(to: position), metres <= radius
            else { return nil }
            let apart = abs((other.lastAt - happened).seconds)
            return DuplicateCandidate(
                value: other,
                metres: metres,
                secondsApart: apart,
                isLikely: other.state.isOpen && apart <= period,
                reports: counts[other.id] ?? 0
            )
        }
        .sorted { ($0.isLikely ? 0 : 1, $0.metres, $0.value.id) < ($1.isLikely ? 0 : 1, $1.metres, $1.value.id) }
    }
}
