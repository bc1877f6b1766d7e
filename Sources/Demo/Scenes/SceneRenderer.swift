import Domain
package import Foundation
internal import Media

/// Draws scenes and writes each as one H.264 clip (`ID.mp4`) with its truth beside it (`ID.truth.json`), ready to be
/// played as a camera that loops.
package struct SceneRenderer: Sendable {
    /// Where the clips go.
    package var folder: URL

    package init(folder: URL) {
        self.folder = folder
    }

    /// The clip of a scene.
    package func clip(of scene: Scene) -> URL { folder.appending(path: "\(scene.id).mp4") }

    /// The truth of a scene.
    package func truth(of scene: Scene) -> URL { folder.appending(path: "\(scene.id).truth.json") }

    /// Writes clip and truth unless they are there already. Blocks: run it on a thread of its own.
    ///
    /// - Parameter isCancelled: asked before each picture.
    /// - Throws: `CancellationError`; when the folder can't be written or the encoder is missing (FFmpeg without
    ///   libx264).
    package func render(_ scene: Scene, isCancelled: () -> Bool = { false }) throws {
        guard !FileManager.default.fileExists(atPath: clip(of: scene).path) else { return }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(SceneTruth(scene: scene)).write(to: truth(of: scene), options: .atomic)
        let bytes = try encode(scene, isCancelled)
        // Atomic: a clip that is there is whole.
        try Data(bytes).write(to: clip(of: scene), options: .atomic)
    }

    /// The pictures of a scene, one after the other, as planar YUV 4:2:0.
    package static func pictures(of scene: Scene, _ body: (_ yuv420: [UInt8], _ index: Int) throws -> Void) rethrows {
        let background = background(of: scene)
        var canvas = background
        for index in 0..<Int(scene.duration * Double(Scene.frameRate)) {
            canvas.copy(background)
            draw(scene, index, on: &canvas)
            try body(canvas.planes, index)
        }
    }

    /// One picture of a scene, `index` from 0.
    package static func picture(of scene: Scene, index: Int) -> [UInt8] {
        var canvas = background(of: scene)
        draw(scene, index, on: &canvas)
        return canvas.planes
    }

    private static func background(of scene: Scene) -> Canvas {
        var canvas = Canvas(width: Scene.width, height: Scene.height)
        scene.background(&canvas)
        return canvas
    }

    private static func draw(_ scene: Scene, _ index: Int, on canvas: inout Canvas) {
        scene.foreground(&canvas, Double(index) / Double(Scene.frameRate))
        canvas.noise(amount: scene.noise, seed: UInt64(index + 1))
    }

    private func encode(_ scene: Scene, _ isCancelled: () -> Bool) throws -> [UInt8] {
        let encoder = try H264Encoder(
            width: Scene.width,
            height: Scene.height,
            frameRate: Scene.frameRate,
            bitRate: 1_200_000,
            keyInterval: 2 * Scene.frameRate
        )
        var packets: [Packet] = []
        try Self.pictures(of: scene) { picture, index in
            if isCancelled() { throw CancellationError() }
            packets += try encoder.encode(yuv420: picture, ptsTicks: Int64(index * 90_000 / Scene.frameRate))
        }
        packets += try encoder.finish()
        return try PlainMP4Writer.file(info: encoder.info, packets: packets)
    }
}

/// What is written beside a clip.
package struct SceneTruth: Sendable, Codable {
    package var id: String
    /// Seconds until it starts over.
    package var duration: Double
    package var frameRate: Int
    package var events: [SceneEvent]

    package init(scene: Scene) {
        id = scene.id
        duration = scene.duration
        frameRate = Scene.frameRate
        events = scene.truth
    }
}
