/// How a `BackgroundModel` judges pixels. Levels are steps of luma (0…255), times are milliseconds of media time.
public struct BackgroundSettings: Sendable {
    /// The smallest difference that counts, on a pixel without noise.
    public var threshold: Int32 = 14
    /// The largest difference that noise can ask for.
    public var largestThreshold: Int32 = 40
    /// Time constant with which a matching pixel's background follows the picture.
    public var adaptation: UInt32 = 20_000
    /// Frames that follow sooner are only classified, so that rounding can't stop the model from learning.
    public var shortestStep: UInt32 = 400
    /// The largest time between two frames that counts as time seen; the rest of a longer silence is unknown.
    public var longestStep: UInt32 = 15_000
    /// How long something still may be hidden at most before it's forgotten.
    public var occlusion: UInt32 = 8_000
    /// Something still that is younger counts as moving.
    public var settling: UInt32 = 3_000
    /// The share of changed pixels, in 1/256, from which the whole scene counts as changed.
    public var sceneChange: Int = 128
    /// Motion is not judged for so long after the model (re)started.
    public var learning: UInt32 = 3_000
    /// How long a former background may come back after a scene change (a truck before the lens, a short cover).
    public var parking: UInt32 = 120_000

    /// How long a pixel's former background is remembered: what comes back to it is not new.
    public var memory: UInt32 = 1_800_000

    /// The settings that the product uses.
    public init() {}
}
