import Glibc

/// Looking hosts up.
package enum NameLookups {
    /// Lets no lookup of this process take longer than some seconds, also not those that libavformat makes itself
    /// (resolv.conf(5): RES_OPTIONS); what the host's administrator has set there stays. To be called before the first.
    package static func bound() {
        setenv("RES_OPTIONS", "timeout:2 attempts:2", 0)
    }
}
