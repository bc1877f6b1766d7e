import CFFmpeg

/// A device of this machine that decodes video, as libavutil opens it. Sendable: a reference that is only counted.
package final class HardwareDevice: @unchecked Sendable {
    // Safety: AVBufferRef's counter is atomic, and the context behind it isn't changed after it was opened.
    let context: UnsafeMutablePointer<AVBufferRef>
    let type: AVHWDeviceType
    /// As libavutil names it, like `vaapi`.
    package let name: String

    private init(owning context: UnsafeMutablePointer<AVBufferRef>, type: AVHWDeviceType, name: String) {
        self.context = context
        self.type = type
        self.name = name
    }

    deinit {
        var owned: UnsafeMutablePointer<AVBufferRef>? = context
        av_buffer_unref(&owned)
    }

    /// Kinds that this libavutil knows, VAAPI first. Kinds that only compute (OpenCL) or only show (Vulkan, in this
    /// version) are left out.
    package static var knownKinds: [String] {
        var found: [String] = []
        var type = av_hwdevice_iterate_types(AV_HWDEVICE_TYPE_NONE)
        while type != AV_HWDEVICE_TYPE_NONE {
            if let name = av_hwdevice_get_type_name(type) { found.append(String(cString: name)) }
            type = av_hwdevice_iterate_types(type)
        }
        let wanted = ["vaapi", "cuda", "qsv", "vdpau", "drm"]
        return wanted.filter(found.contains)
    }

    /// The first kind of which this machine has a device; nil when it has none.
    package static func first(of kinds: [String] = HardwareDevice.knownKinds) -> HardwareDevice? {
        LibavLog.silence()
        for kind in kinds {
            let type = av_hwdevice_find_type_by_name(kind)
            guard type != AV_HWDEVICE_TYPE_NONE else { continue }
            var context: UnsafeMutablePointer<AVBufferRef>?
            if av_hwdevice_ctx_create(&context, type, nil, nil, 0) == 0, let context {
                return HardwareDevice(owning: context, type: type, name: kind)
            }
        }
        return nil
    }

    /// The pixel format in which `decoder` gives pictures of this device; nil when it can't decode with it.
    func pixelFormat(of decoder: UnsafePointer<AVCodec>) -> AVPixelFormat? {
        for index in 0..<Int32(64) {
            guard let config = avcodec_get_hw_config(decoder, index) else { return nil }
            let methods = Int(config.pointee.methods)
            if config.pointee.device_type == type, methods & Int(AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0 {
                return config.pointee.pix_fmt
            }
        }
        return nil
    }
}
