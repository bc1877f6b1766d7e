/// What recording volumes report, from their own threads; the handler must not block.
package enum VolumeEvent: Sendable, Hashable {
    /// A write, a creation or a sync failed, or doesn't come back (`ETIMEDOUT`), or the volume is not there (`ENODEV`): the
    /// open segments concerned were ended, new ones are tried at the next key frames, on another volume where there is
    /// one. Once until it works again. Raise the `disk` alarm, critical.
    case failed(FileFailure, volume: String)
    /// Writing works again after a failure.
    case recovered(volume: String)
    /// A camera goes on on another volume because its own fails.
    case moved(cameraId: String, from: String, to: String)
    /// A failed sync took back what was written since the last one that worked: these segments were cut.
    case tailLost(cameraId: String, segment: SegmentName)
    /// The host's clock was set back: the run keeps its mapping and slews. Raise the `clock` alarm.
    case clockSetBack(cameraId: String, by: Duration)
}
