package import Domain

/// A generated camera: what it shows, for how long until it starts over, and what is true in it.
package struct Scene: Sendable {
    /// The size of every picture in pixels.
    package static let width = 960
    package static let height = 540
    /// Pictures a second; a key frame comes every two seconds.
    package static let frameRate = 12

    /// A slug; the camera's id in the demo.
    package var id: String
    /// Seconds until it starts over.
    package var duration: Double
    /// What happens in it, for tests and for the curious.
    package var truth: [SceneEvent]
    let background: @Sendable (inout Canvas) -> Void
    let foreground: @Sendable (inout Canvas, Double) -> Void
    /// Luma steps of sensor noise.
    let noise: Int

    init(
        id: String,
        duration: Double,
        truth: [SceneEvent],
        noise: Int = 2,
        background: @escaping @Sendable (inout Canvas) -> Void,
        foreground: @escaping @Sendable (inout Canvas, _ seconds: Double) -> Void
    ) {
        self.id = id
        self.duration = duration
        self.truth = truth
        self.noise = noise
        self.background = background
        self.foreground = foreground
    }

    /// All generated cameras.
    package static let all: [Scene] = [.noStopping, .square, .nightStreet, .canal, .coveredCamera]
}

/// One thing that happens in a scene, in seconds from its start.
package struct SceneEvent: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable {
        /// A vehicle stands where it may not.
        case parkedVehicle
        /// Something was put down and left.
        case leftObject
        /// A person stands on the wrong side of the railing.
        case intruder
        /// The lens is covered.
        case covered
    }

    package var kind: Kind
    package var from: Double
    package var to: Double
    /// Where, in fractions of the picture.
    package var box: PictureBox
}
