/// What lives as long as one console: counters, settings, and pictures that requests share.
struct ConsoleRuntime: Sendable {
    let metrics: MetricsRegistry
    let settings: ConsoleServer.Settings
    let pictures: PictureDesk

    init(services: ConsoleServices, settings: ConsoleServer.Settings) {
        metrics = MetricsRegistry()
        self.settings = settings
        pictures = PictureDesk(clock: services.clock, source: services.currentPicture)
    }
}
