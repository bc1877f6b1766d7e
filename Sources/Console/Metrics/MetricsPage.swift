import Alarms
import Cases
import Domain
import Telemetry

/// What `/metrics` shows. The names are fixed: dashboards rely on them.
enum MetricsPage {
    /// What was lost on the way from each camera.
    private static func addReception(_ reception: [String: ReceptionFacts], to page: inout PrometheusText) {
        let cameras = reception.sorted { $0.key < $1.key }
        page.add(
            "gridwatch_packets_lost_total",
            .counter,
            "RTP packets that never came, by camera.",
            cameras.map { ([("camera", $0.key)], Double($0.value.lostPackets)) }
        )
        page.add(
            "gridwatch_pictures_damaged_total",
            .counter,
            "Pictures recorded with something missing, by camera.",
            cameras.map { ([("camera", $0.key)], Double($0.value.damagedPictures)) }
        )
    }

    /// What analysis got of each camera's pictures, and what it did not.
    private static func addSampling(_ sampling: [String: SamplingFacts], to page: inout PrometheusText) {
        var sent: [(labels: [(String, String)], value: Double)] = []
        var whole = sent
        var shed = sent
        var audits = sent
        var skipped = sent
        for (camera, facts) in sampling.sorted(by: { $0.key < $1.key }) {
            let label = ("camera", camera)
            sent.append((labels: [label], value: Double(facts.sent)))
            skipped.append((labels: [label], value: Double(facts.skippedKeys ?? 0)))
            shed.append((labels: [label], value: Double(facts.shed + facts.refused)))
            for (cause, count) in facts.whole.sorted(by: { $0.key < $1.key }) {
                whole.append((labels: [label, ("cause", cause)], value: Double(count)))
            }
            let results = [
                ("still", facts.audits - facts.movingAudits), ("seen", facts.movingAudits - facts.missedAudits),
                ("missed", facts.missedAudits),
            ]
            for (result, count) in results {
                audits.append((labels: [label, ("result", result)], value: Double(count)))
            }
        }
        page.add("gridwatch_sampling_packets_total", .counter, "Packets that analysis got, by camera.", sent)
        page.add("gridwatch_sampling_groups_total", .counter, "Groups of pictures decoded whole, by cause.", whole)
        page.add(
            "gridwatch_sampling_skipped_total",
            .counter,
            "Key frames of still pictures that were not decoded.",
            skipped
        )
        page.add("gridwatch_sampling_shed_total", .counter, "Left out because analysis was behind, by camera.", shed)
        page.add("gridwatch_sampling_audits_total", .counter, "Audited groups by what they showed.", audits)
    }

    static func text(_ request: APIRequest) async throws -> String {
        let services = request.services
        let facts = await services.health()
        let statuses = services.cameraStatus()
        let brokers = services.telemetry.brokers()
        let metrics = request.runtime.metrics
        var page = PrometheusText()
        let states = Dictionary(grouping: services.site.cameras) { statuses[$0.id]?.state ?? .connecting }
        page.add(
            "gridwatch_cameras",
            .gauge,
            "Cameras by state.",
            CameraState.allCases.map { ([("state", $0.rawValue)], Double(states[$0]?.count ?? 0)) }
        )
        page.add("gridwatch_fragments_total", .counter, "Fragments written since capture started.", facts.fragments)
        page.add("gridwatch_fragments_dropped_total", .counter, "Fragments not written.", facts.droppedFragments)
        page.add("gridwatch_worker_drops_total", .counter, "Packets that analysis did not get.", facts.workerDrops)
        addReception(facts.reception, to: &page)
        addSampling(facts.sampling, to: &page)
        page.add(
            "gridwatch_observations_dropped_total",
            .counter,
            "Observations of analysis that capture dropped while serve was away.",
            facts.droppedObservations
        )
        page.add(
            "gridwatch_capture_events_dropped_total",
            .counter,
            "What capture said that serve was too slow for.",
            facts.droppedEvents
        )
        page.add("gridwatch_worker_restarts_total", .counter, "Restarts of analyse workers.", facts.workerRestarts)
        page.add("gridwatch_capture_restarts_total", .counter, "Restarts of capture.", facts.captureRestarts)
        page.add("gridwatch_disk_free_bytes", .gauge, "Free on the recording volume.", Int(facts.freeBytes))
        page.add(
            "gridwatch_database_failing",
            .gauge,
            "1 while a database can't be written.",
            facts.databaseProblem == nil ? 0 : 1
        )
        page.add("gridwatch_recording", .gauge, "1 while recordings can be written.", facts.isRecording ? 1 : 0)
        page.add(
            "gridwatch_mqtt_messages_total",
            .counter,
            "Messages received by broker.",
            brokers.map { ([("broker", $0.id)], Double($0.received)) }
        )
        page.add(
            "gridwatch_mqtt_rejected_total",
            .counter,
            "Messages that could not be used, by broker.",
            brokers.map { ([("broker", $0.id)], Double($0.rejected)) }
        )
        page.add(
            "gridwatch_mqtt_lost_total",
            .counter,
            "QoS 0 messages lost because they could not be stored, by broker.",
            brokers.map { ([("broker", $0.id)], Double($0.lost)) }
        )
        page.add(
            "gridwatch_mqtt_connected",
            .gauge,
            "1 while connected.",
            brokers.map { ([("broker", $0.id)], $0.connected ? 1 : 0) }
        )
        page.add("gridwatch_alarms_open", .gauge, "Open alarms.", try await services.alarms.openCount())
        page.add("gridwatch_cases_open", .gauge, "Open cases.", try await services.cases.openCount())
        page.add(
            "gridwatch_http_requests_total",
            .counter,
            "Answers by status code.",
            metrics.answers.sorted { $0.key < $1.key }.map { ([("code", String($0.key))], Double($0.value)) }
        )
        page.add("gridwatch_event_listeners", .gauge, "Open event streams.", metrics.eventListeners)
        page.add("gridwatch_streams", .gauge, "Open endless responses.", services.users.streams.count)
        page.add(
            "gridwatch_live_dropped_total",
            .counter,
            "Fragments a viewer was too slow for.",
            metrics.droppedFragments
        )
        return page.text
    }
}
