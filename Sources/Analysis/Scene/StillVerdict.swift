import FrameKernels

/// Whether what stands still is a new object, uncovered background, or only light.
struct StillVerdict {
    var isObject: Bool
    /// 0…1.
    var confidence: Double

    init(_ evidence: StillEvidence) {
        let now = Double(evidence.edgeNow)
        let before = Double(evidence.edgeBefore)
        // A background that was hardly seen may itself be the passing thing: ask for more.
        let wanted = evidence.support < 4000 ? 1.5 : 1.15
        let isEdge = evidence.pairs > 0 && now >= 16 * 6 && now >= before * wanted
        // A shadow or a patch of sun changes the brightness and keeps the pattern below.
        let isLight = evidence.texture >= 6 && evidence.likeness >= 90
        // The queue at the lights that was there before, the door that is open again: not new.
        let isKnown = evidence.former * 5 >= evidence.area * 3
        isObject = isEdge && !isKnown && !isLight && evidence.contrast >= 16
        confidence = max(
            0,
            min(1, 0.4 + 0.3 * min(1, (now / max(1, before) - 1) / 2) + Double(evidence.contrast) / 200)
        )
    }
}
