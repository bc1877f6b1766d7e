import Archive
import Domain
import Store

extension APIRequest {
    /// Notes in the audit log what the asking user has just done.
    ///
    /// - Parameter data: facts of the action, like `from`, `to`, `reason`; never credentials.
    func audit(_ action: AuditAction, _ kind: AuditSubject.Kind, _ id: String, data: [String: String] = [:]) async {
        await services.audit.record(
            action,
            AuditSubject(kind, id),
            data: data,
            by: session?.user.name ?? "-",
            role: session?.user.role.rawValue,
            address: context.address
        )
    }

    /// Notes that the asking user looks at a camera; again only after ten minutes.
    func auditView(_ action: AuditAction, cameraId: String, data: [String: String] = [:]) async {
        await services.audit.recordView(
            action,
            cameraId: cameraId,
            data: data,
            by: session?.user.name ?? "-",
            role: session?.user.role.rawValue,
            address: context.address
        )
    }
}
