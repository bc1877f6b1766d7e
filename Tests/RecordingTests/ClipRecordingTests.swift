import Domain
import Foundation
import Media
import Recording
import Testing
import TestSupport

@Suite("recording real clips")
struct ClipRecordingTests {
    static let clips = [
        "abandoned_backpack_indoor_aboda.mp4", "congested_road_dhaka.mp4", "indoor_persons_one_by_one.mp4",
        "lot_person_bicycle_car.mp4", "night_carpark_lights.avi", "night_ir_person_hevc.mp4",
        "parking_cn_white_sedan.mp4", "parking_lot_daylight_15fps.mp4", "street_traffic_suburban.mp4",
        "tamper_cover_bubblewrap.mp4", "tamper_moved_outdoor_720x1280.mp4",
        "towncentre_1080p_pedestrians_cyclists.mp4", "towncentre_480p_pedestrians.mp4",
    ]

    @Test("every picture of a clip lies in the recording once and in order", arguments: clips)
    func pictures(clip: String) throws {
        guard let file = SharedData.video(clip) else {
            print("skipped: no \(clip) in the shared folder")
            return
        }
        let folder = RecordingFolder()
        let settings = RecordingSettings(segmentLength: .seconds(5))
        let volume = RecordingVolumes(layout: folder.layout, settings: settings)
        volume.start()
        let demuxer = try Demuxer(
            opening: file.path,
            options: DemuxerOptions(loopFile: false, paceFile: false),
            cancellation: Cancellation()
        )
        let codec = demuxer.info.codec
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: demuxer.info)
        var count = 0
        reading: while true {
            switch try demuxer.next() {
            case .packet(let packet):
                recorder.append(packet)
                count += 1
            case .parametersChanged(let info): recorder.beginRun(info: info)
            case .end: break reading
            }
        }
        recorder.endRun(reason: .closed)
        volume.stop()

        let filter = codec == .h264 ? "h264_mp4toannexb" : "hevc_mp4toannexb"
        var arguments = ["-v", "error", "-ignore_editlist", "1", "-i", file.path, "-map", "0:v:0", "-c", "copy"]
        if clip.hasSuffix(".avi") { arguments.removeSubrange(2..<4) }
        arguments += clip.hasSuffix(".avi") ? [] : ["-bsf:v", filter]
        let source = try #require(output(of: "ffmpeg", arguments + ["-f", codec.rawValue, "-"]))
        let expected = PictureUnits.hashes(annexB: source, codec: codec)

        var recorded: [ContentHash] = []
        var previousHead: ContentHash?
        for (name, index) in try folder.segments("cam") {
            let bytes = try folder.bytes("cam", name)
            let start = try #require(try FragmentParser.initSegment(bytes))
            #expect(start.mark?.cameraId == "cam")
            #expect(start.stream.isSameFormat(as: demuxer.info))
            #expect(index.opened.previousHead == previousHead)
            #expect(index.fragments.first?.startsWithKey == true)
            var at = start.sizeBytes
            for record in index.fragments {
                let info = try #require(try FragmentParser.fragment(bytes, at: at))
                #expect(record.offset == at && record.sizeBytes == info.sizeBytes)
                #expect(record.baseDecodeTicks == info.baseDecodeTicks && record.durationTicks == info.durationTicks)
                #expect(record.payloadHash == ContentHash(of: bytes[(at + info.payloadOffset)..<(at + info.sizeBytes)]))
                for sample in info.samples {
                    let from = at + sample.offset
                    recorded += PictureUnits.hashes(sample: bytes[from..<from + sample.size], codec: codec)
                }
                at += info.sizeBytes
            }
            #expect(at == bytes.count)
            #expect(index.closed?.head == index.head)
            previousHead = index.closed?.head
            let probe = output(
                of: "ffprobe",
                ["-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"]
                    + [folder.layout.segment("cam", name)]
            )
            let packets = probe.flatMap { Int(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
            #expect(packets == index.fragments.reduce(0) { $0 + $1.sampleCount })
        }
        #expect(recorded.count == expected.count)
        let firstDifference = zip(recorded, expected).enumerated().first { $1.0 != $1.1 }?.offset
        #expect(firstDifference == nil)
        #expect(count > 0)
    }
}
