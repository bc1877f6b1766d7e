/// Every route of the API.
enum RouteTable {
    static let routes: [APIRoute] =
        SystemRoutes.routes + SessionRoutes.routes + UserRoutes.routes + SiteRoutes.routes + CameraRoutes.routes
        + ProbeRoutes.routes + OutageRoutes.routes + ReloadRoutes.routes
        + ActivityRoutes.routes + LiveRoutes.routes + HLSRoutes.routes + EvidenceRoutes.routes + ExportRoutes.routes
        + AuditRoutes.routes
        + SignatureRoutes.routes + HoldRoutes.routes + GapRoutes.routes + StorageRoutes.routes + AlarmRoutes.routes
        + SensorRoutes.routes + SourceRoutes.routes + OwnSensorRoutes.routes + ReadingRoutes.routes
        + VehicleRoutes.routes + CaseRoutes.routes
        + ReportRoutes.routes + CallBackRoutes.routes + DuplicateRoutes.routes
        + SupervisionRoutes.routes + DutyRoutes.routes + HandOverRoutes.routes + FieldRoutes.routes
        + BaseSetRoutes.routes + PlaceRoutes.routes + ResponsibilityRoutes.routes + PartRoutes.routes
        + StreamRoutes.routes
}
