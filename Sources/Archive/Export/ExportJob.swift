package import Domain
import Foundation
import Store

package enum ExportState: String, Sendable, Hashable, Codable, CaseIterable {
    case queued, running, done, failed, cancelled
    /// What those who listen are told of one that is there no more; none is kept like that.
    case deleted
}

/// An export and what became of it.
package struct ExportJob: Sendable, Hashable, Codable {
    /// Why it failed: codes that pages turn into words.
    package enum Failure: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing of any of the ranges is on disk.
        case nothingRecorded
        /// The volume would have less free space than the site keeps.
        case belowFloor
        case diskFull
        /// A file can't be read or written; `errorDetail` names it.
        case io
        case failed
    }

    package struct Span: Sendable, Hashable, Codable {
        package var from: WallTime
        package var to: WallTime
    }

    package struct Gap: Sendable, Hashable, Codable {
        package var from: WallTime
        package var to: WallTime
        package var reason: StateReason
        package var detail: String?
    }

    package struct Item: Sendable, Hashable, Codable {
        package var cameraId: String
        package var from: WallTime
        package var to: WallTime
        package var delivered: [Span] = []
        package var gaps: [Gap] = []
        /// Names of its clips in the export.
        package var clips: [String] = []
    }

    package struct File: Sendable, Hashable, Codable {
        package var name: String
        package var bytes: Int
        /// Hex.
        package var sha256: String
        /// Where it begins in the ZIP; nil when it is a file of its own.
        package var offset: Int?
    }

    package var id: String
    package var request: ExportRequest
    package var state: ExportState
    /// 0…1.
    package var progress: Double
    package var items: [Item]
    /// What `GET …/file` gives.
    package var file: File?
    package var files: [File]
    package var by: String
    package var createdAt: WallTime
    package var finishedAt: WallTime?
    package var expiresAt: WallTime?
    package var error: Failure?
    /// English, for the log and the curious.
    package var errorDetail: String?

    init(id: String, request: ExportRequest, by: String, createdAt: WallTime) {
        self.id = id
        self.request = request
        state = .queued
        progress = 0
        items = request.items.map { Item(cameraId: $0.cameraId, from: $0.from, to: $0.to) }
        files = []
        self.by = by
        self.createdAt = createdAt
    }

    // MARK: - Storing

    func stored(node: String) throws -> StoredExport {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return StoredExport(
            id: id,
            node: node,
            state: state.rawValue,
            by: by,
            createdAt: createdAt,
            expiresAt: expiresAt,
            content: String(decoding: try encoder.encode(self), as: UTF8.self)
        )
    }

    init(_ stored: StoredExport) throws {
        self = try JSONDecoder().decode(ExportJob.self, from: Data(stored.content.utf8))
    }
}
