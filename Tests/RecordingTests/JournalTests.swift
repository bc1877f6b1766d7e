import Domain
import Foundation
import Recording
import Testing

@Suite("journals")
struct JournalTests {
    static let hash = ContentHash(of: [1, 2, 3])
    static let time = WallTime(microseconds: 1_795_428_000_123_456)
    static let entries: [JournalEntry] = [
        .segmentOpened(
            SegmentOpened(
                cameraId: "cam-1",
                runId: "0190-ab",
                number: 3,
                startedAt: time,
                codec: "h264",
                codecString: "avc1.4d401e",
                width: 640,
                height: 480,
                initBytes: 812,
                initHash: hash,
                previousSegment: "20261123T100000123Z-00",
                previousHead: hash
            )
        ),
        .segmentOpened(
            SegmentOpened(
                cameraId: "cam-1",
                runId: "0190-ab",
                number: 0,
                startedAt: time,
                codec: "hevc",
                codecString: "hvc1.1.6.L93.B0",
                width: 640,
                height: 480,
                initBytes: 812,
                initHash: hash,
                previousSegment: nil,
                previousHead: nil,
                audio: AudioTrackFacts(codec: "aac", codecString: "mp4a.40.2", sampleRate: 16_000, channels: 1),
                ignoredTracks: ["audio/adpcm_g722", "data/bin data"],
                clockOffsetMicros: -3_600_000_123
            )
        ),
        .fragment(
            FragmentRecord(
                offset: 812,
                sizeBytes: 5000,
                moofBytes: 300,
                baseDecodeTicks: 90_000,
                durationTicks: 45_000,
                wall: time,
                startsWithKey: true,
                sampleCount: 12,
                moofHash: hash,
                payloadHash: hash
            )
        ),
        .cameraClock(-12_000),
        .segmentCut(sizeBytes: 5812),
        .segmentClosed(
            SegmentClosed(cause: .rotated, endedAt: time, fragmentCount: 1, sizeBytes: 5812, head: hash)
        ),
        .gap(
            GapRecord(
                from: time,
                to: nil,
                reason: .timeout,
                laterReasons: [.refused, .unauthorised],
                detail: "网络 100% down\n-"
            )
        ),
        .gap(GapRecord(from: time, to: time, reason: .crash)),
        .state(
            CameraStatus(
                cameraId: "cam-1",
                state: .offline,
                reason: .refused,
                detail: "- nobody listens",
                since: time,
                codec: "hevc",
                width: nil,
                height: 5
            )
        ),
    ]

    @Test("an entry reads back as it was written", arguments: entries)
    func roundTrip(entry: JournalEntry) {
        let line = JournalLine.encode(entry)
        #expect(line.last == 10 && line.dropLast().allSatisfy { $0 >= 32 && $0 < 127 })
        #expect(JournalLine.decode(line.dropLast()) == entry)
    }

    @Test("a line with any one byte changed is left out", arguments: entries)
    func damage(entry: JournalEntry) {
        let line = Array(JournalLine.encode(entry).dropLast())
        for index in line.indices {
            var damaged = line
            damaged[index] ^= 0x04
            // The check value may be written in either case.
            let same = JournalLine.decode(damaged[...])
            #expect(same == nil || index < 8 && same == entry)
        }
    }

    @Test("the first line of a segment without the fields for sound, as earlier versions wrote it, reads back")
    func earlierOpening() {
        let entry = Self.entries[0]
        var fields = String(decoding: JournalLine.encode(entry).dropLast(), as: UTF8.self).split(separator: " ")
        fields.removeFirst()
        fields.removeLast(5)
        let body = Array(fields.joined(separator: " ").utf8)
        let crc = String(Checksum.crc32(body), radix: 16)
        let line = Array((String(repeating: "0", count: 8 - crc.count) + crc + " ").utf8) + body
        #expect(JournalLine.decode(line[...]) == entry)
    }

    @Test("a torn last line waits for its rest, wherever it is torn")
    func tornTail() throws {
        let folder = RecordingFolder()
        let path = folder.layout.root + "/t.journal"
        let all = Self.entries.flatMap { JournalLine.encode($0) }
        for cut in stride(from: 0, through: all.count, by: 7) {
            try Data(all[..<cut]).write(to: URL(filePath: path))
            var reader = JournalReader(path: path)
            var read = try reader.readNew()
            #expect(reader.offset <= cut)
            try Data(all).write(to: URL(filePath: path))
            read += try reader.readAll()
            #expect(read == Self.entries)
            #expect(reader.damagedLines == 0)
        }
    }

    @Test("a hold is there after its append, in its latest state, also behind a torn line")
    func holds() throws {
        let folder = RecordingFolder()
        let journal = HoldsJournal(layout: folder.layout)
        var hold = HoldRecord(
            id: "h1",
            cameraId: "cam",
            from: Self.time,
            to: Self.time + .seconds(30),
            reason: "证据",
            by: "lin",
            createdAt: Self.time
        )
        try journal.append(hold)
        let file = try SystemFiles().open(folder.layout.holdsJournal)
        try file.append(Array("0badc0de {\"id\":\"h2".utf8))
        hold.releasedAt = Self.time + .seconds(60)
        try journal.append(hold)
        #expect(try journal.load() == [hold])
        #expect(!hold.covers(cameraId: "cam", from: Self.time, to: Self.time + .seconds(1)))
    }

    @Test(
        "names of segments sort by time and read back",
        arguments: [
            (0, "20261123T100000000Z-00"), (1000, "20261123T100000001Z-00"), (123_456, "20261123T100000123Z-00"),
        ]
    )
    func names(microseconds: Int64, expected: String) throws {
        let start = try #require(WallTime(rfc3339: "2026-11-23T10:00:00Z"))
        let name = SegmentName(startedAt: WallTime(microseconds: start.microseconds + microseconds))
        #expect(name.text == expected)
        #expect(name.day == "2026-11-23")
        #expect(SegmentName(expected) == name)
    }

    @Test(
        "a path that is no segment's is refused",
        arguments: [
            "cam/2026-11-23/x.mp4", "../2026-11-23/20261123T100000000Z-00.mp4", "cam/20261123T100000000Z-00.mp4",
            "cam/2026-11-24/20261123T100000000Z-00.mp4", "/cam/2026-11-23/20261123T100000000Z-00.mp4",
        ]
    )
    func paths(path: String) {
        #expect(RecordingLayout.parse(relativeSegment: path) == nil)
    }
}
