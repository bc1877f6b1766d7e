import Synchronization

/// The site as it is declared now. Cameras and platforms may be others a moment later; what was read stays whole.
package final class SiteBook: Sendable {
    private let site: Mutex<Site>

    package init(_ site: Site) {
        self.site = Mutex(site)
    }

    package var current: Site { site.withLock { $0 } }

    package func set(_ new: Site) {
        site.withLock { $0 = new }
    }
}
