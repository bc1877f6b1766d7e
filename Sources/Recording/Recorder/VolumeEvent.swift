/// What a recording volume reports, from its own threads; the handler must not block.
package enum VolumeEvent: Sendable, Hashable {
    /// A write, a creation or a sync failed: the open segments concerned were ended, new ones are tried at the next key
    /// frames. Raise the `disk` alarm.
    case failed(FileFailure)
    /// Writing works again after a failure.
    case recovered
    /// The host's clock was set back: the run keeps its mapping and slews. Raise the `clock` alarm.
    case clockSetBack(cameraId: String, by: Duration)
}
