/// The numbers that alarms go by.
package struct AlarmSettings: Sendable, Equatable {
    /// A source that has opened this many alarms of one kind within `flapWindow` is flapping: what it raises next goes
    /// on in its last alarm, until it has been quiet for `flapWindow`.
    package var flapOpens: Int
    package var flapWindow: Duration
    /// How far from a sensor a camera may stand whose clip goes into the sensor's case, in metres.
    package var cameraWithin: Double
    /// How often work left over from a failure is tried again.
    package var retryEvery: Duration

    package init(
        flapOpens: Int = 3,
        flapWindow: Duration = .seconds(600),
        cameraWithin: Double = 60,
        retryEvery: Duration = .seconds(15)
    ) {
        self.flapOpens = flapOpens
        self.flapWindow = flapWindow
        self.cameraWithin = cameraWithin
        self.retryEvery = retryEvery
    }
}
