/// What a sequence parameter set says about the pictures.
struct SequenceParameters: Equatable {
    var id: Int
    /// Pixels, cropped.
    var width: Int
    var height: Int
    /// Pictures that can precede a picture in decoding order and follow it in output order; nil when not said.
    var reorderDepth: Int?
    /// H.264: what a slice's order count is read with; nil where order counts are of type 1.
    var order: OrderNumbers?
    /// H.264: what a slice header is read with, whatever its order counts are.
    var frameNumberBits: Int?
    var orderType: Int?
    var orderBits = 0
    var isOrderAlwaysZero = false
    var hasPlanes = false
    var isFramesOnly = true
    /// H.265 only: what `hvcC` repeats.
    var chromaFormat = 1
    var lumaDepth = 8
    var chromaDepth = 8
    var subLayers = 1
    var subLayerNesting = false
    /// H.265: the 12 bytes of general_profile_space … general_level_idc.
    var profile: [UInt8] = []

    struct OrderNumbers: Equatable {
        var frameNumberBits: Int
        var orderBits: Int
        var hasPlanes: Bool
        var isFramesOnly: Bool
    }

    /// Reads an H.264 SPS (ITU-T H.264 §7.3.2.1.1); `nal` begins with its header byte.
    init?(h264 nal: [UInt8]) {
        guard nal.count >= 4 else { return nil }
        var reader = BitReader(payload: nal[1...])
        let profile = reader.bits(8)
        let constraints = reader.bits(8)
        _ = reader.bits(8)
        id = reader.unsigned()
        var separatePlanes = false
        if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].contains(profile) {
            chromaFormat = reader.unsigned()
            if chromaFormat == 3 { separatePlanes = reader.flag() }
            lumaDepth = 8 + reader.unsigned()
            chromaDepth = 8 + reader.unsigned()
            _ = reader.flag()
            if reader.flag() {
                for index in 0..<(chromaFormat == 3 ? 12 : 8) where reader.flag() {
                    Self.skipScalingList(&reader, count: index < 6 ? 16 : 64)
                }
            }
        }
        let frameNumberBits = reader.unsigned() + 4
        var orderBits: Int?
        let orderType = reader.unsigned()
        switch orderType {
        case 0: orderBits = reader.unsigned() + 4
        case 1:
            isOrderAlwaysZero = reader.flag()
            _ = reader.signed()
            _ = reader.signed()
            let cycle = reader.unsigned()
            guard cycle <= 255 else { return nil }
            for _ in 0..<cycle { _ = reader.signed() }
        default: break
        }
        _ = reader.unsigned()
        _ = reader.flag()
        let widthUnits = reader.unsigned() + 1
        let heightUnits = reader.unsigned() + 1
        let framesOnly = reader.flag()
        if frameNumberBits <= 16, orderBits ?? 4 <= 16, orderType <= 2 {
            self.frameNumberBits = frameNumberBits
            self.orderType = orderType
            self.orderBits = orderBits ?? 0
            hasPlanes = separatePlanes
            isFramesOnly = framesOnly
        }
        if !framesOnly { _ = reader.flag() }
        _ = reader.flag()
        if let orderBits, orderBits <= 16, frameNumberBits <= 16 {
            order = OrderNumbers(
                frameNumberBits: frameNumberBits,
                orderBits: orderBits,
                hasPlanes: separatePlanes,
                isFramesOnly: framesOnly
            )
        }
        guard id <= 31, widthUnits <= 1024, heightUnits <= 1024, chromaFormat <= 3 else { return nil }
        width = widthUnits * 16
        height = heightUnits * 16 * (framesOnly ? 1 : 2)
        if reader.flag() {
            let hasChroma = chromaFormat != 0 && !separatePlanes
            let unitX = hasChroma && chromaFormat != 3 ? 2 : 1
            let unitY = (hasChroma && chromaFormat == 1 ? 2 : 1) * (framesOnly ? 1 : 2)
            let (left, right, top, bottom) = (
                reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()
            )
            width -= (left + right) * unitX
            height -= (top + bottom) * unitY
        }
        guard !reader.overrun, width > 0, height > 0 else { return nil }
        if reader.flag() { reorderDepth = Self.reorderDepth(vui: &reader) }
        // Annex A: Baseline has no B slices; intra profiles reorder nothing.
        if profile == 66 || (constraints & 0x10 != 0 && [44, 100, 110, 122, 244].contains(profile)) {
            reorderDepth = 0
        }
    }

    /// Reads an H.265 SPS (ITU-T H.265 §7.3.2.2); `nal` begins with its two header bytes.
    init?(hevc nal: [UInt8]) {
        guard nal.count >= 15 else { return nil }
        var reader = BitReader(payload: nal[2...])
        _ = reader.bits(4)
        let maximumSubLayers = reader.bits(3)
        subLayers = maximumSubLayers + 1
        subLayerNesting = reader.flag()
        profile = (0..<12).map { _ in UInt8(truncatingIfNeeded: reader.bits(8)) }
        var present: [(profile: Bool, level: Bool)] = []
        for _ in 0..<maximumSubLayers { present.append((reader.flag(), reader.flag())) }
        if maximumSubLayers > 0 { reader.skip((8 - maximumSubLayers) * 2) }
        for layer in present { reader.skip((layer.profile ? 88 : 0) + (layer.level ? 8 : 0)) }
        id = reader.unsigned()
        chromaFormat = reader.unsigned()
        if chromaFormat == 3 { _ = reader.flag() }
        width = reader.unsigned()
        height = reader.unsigned()
        guard id <= 15, chromaFormat <= 3, width <= 16384, height <= 16384 else { return nil }
        if reader.flag() {
            let unitX = chromaFormat == 1 || chromaFormat == 2 ? 2 : 1
            let unitY = chromaFormat == 1 ? 2 : 1
            let (left, right, top, bottom) = (
                reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()
            )
            width -= (left + right) * unitX
            height -= (top + bottom) * unitY
        }
        lumaDepth = 8 + reader.unsigned()
        chromaDepth = 8 + reader.unsigned()
        _ = reader.unsigned()
        let everyLayer = reader.flag()
        for _ in 0..<(everyLayer ? subLayers : 1) {
            _ = reader.unsigned()
            reorderDepth = reader.unsigned()
            _ = reader.unsigned()
        }
        guard !reader.overrun, width > 0, height > 0, lumaDepth <= 16, chromaDepth <= 16 else { return nil }
        reorderDepth = reorderDepth.map { min($0, 16) }
    }

    private static func skipScalingList(_ reader: inout BitReader, count: Int) {
        var last = 8
        var next = 8
        for _ in 0..<count {
            if next != 0 { next = (last + reader.signed() + 256) & 255 }
            if next != 0 { last = next }
        }
    }

    /// vui_parameters() of ITU-T H.264 §E.1.1 as far as max_num_reorder_frames.
    private static func reorderDepth(vui reader: inout BitReader) -> Int? {
        if reader.flag(), reader.bits(8) == 255 { reader.skip(32) }
        if reader.flag() { _ = reader.flag() }
        if reader.flag() {
            reader.skip(4)
            if reader.flag() { reader.skip(24) }
        }
        if reader.flag() {
            _ = reader.unsigned()
            _ = reader.unsigned()
        }
        if reader.flag() { reader.skip(65) }
        var hasDelay = false
        for _ in 0..<2 where reader.flag() {
            hasDelay = true
            let count = reader.unsigned() + 1
            guard count <= 32 else { return nil }
            reader.skip(8)
            for _ in 0..<count {
                _ = reader.unsigned()
                _ = reader.unsigned()
                _ = reader.flag()
            }
            reader.skip(20)
        }
        if hasDelay { _ = reader.flag() }
        _ = reader.flag()
        guard reader.flag() else { return nil }
        _ = reader.flag()
        for _ in 0..<4 { _ = reader.unsigned() }
        let depth = reader.unsigned()
        return reader.overrun ? nil : min(depth, 16)
    }
}
