import Cases
import Domain
import Foundation
import Testing

@Suite("Addresses")
struct GazetteerTests {
    /// Four roads that cross, numbers every 40 m on two of them, some points of interest.
    static func town() -> Gazetteer {
        let (south, west) = (32.48, 119.91)
        func at(_ metresEast: Double, _ metresNorth: Double) -> GeoPoint {
            GeoPoint(lat: south + metresNorth / 111_195, lon: west + metresEast / 93_790)
        }
        var places: [Place] = []
        for (name, north) in [("鼓楼路", 500.0), ("青年路", 1000.0), ("人民大道", 1500.0)] {
            places.append(Place(kind: .road, name: name, points: [at(0, north), at(1000, north), at(2000, north)]))
            for step in 0..<40 {
                let side = step % 2 == 0 ? 15.0 : -15.0
                places.append(
                    Place(
                        kind: .address,
                        name: name,
                        number: "\(step + 1)",
                        points: [at(60 + Double(step) * 48, north + side)]
                    )
                )
            }
        }
        for (name, east) in [("海陵路", 400.0), ("凤凰街", 1200.0)] {
            places.append(Place(kind: .road, name: name, points: [at(east, 0), at(east, 2000)]))
        }
        for (name, east, north) in [("人民公园", 700.0, 750.0), ("第一中学", 1500.0, 750.0), ("火车站", 300.0, 1800.0)] {
            places.append(Place(kind: .poi, name: name, category: "公共", points: [at(east, north)]))
        }
        return Gazetteer(places)
    }

    @Test(
        "what people type leads to the place they mean",
        arguments: [
            ("鼓楼路12号", "鼓楼路12号"), ("鼓楼路 12号", "鼓楼路12号"), ("鼓楼路１２号", "鼓楼路12号"), ("鼓楼路十二号", "鼓楼路12号"),
            ("gulou lu 12 hao", "鼓楼路12号"), ("鼓搂路12号", "鼓楼路12号"), ("青年路7号", "青年路7号"), ("qingnian lu", "青年路"),
            ("qinnian lu", "青年路"), ("海陵路", "海陵路"), ("hailing lu", "海陵路"), ("人民公园", "人民公园"), ("renmin gongyuan", "人民公园"),
            ("人名公园", "人民公园"), ("第一中学", "第一中学"), ("diyi zhongxue", "第一中学"), ("huochezhan", "火车站"), ("火车占", "火车站"),
            ("鼓楼路与海陵路口", "鼓楼路与海陵路口"), ("海陵路与鼓楼路口", "鼓楼路与海陵路口"), ("人民大道与凤凰街路口", "人民大道与凤凰街路口"),
            ("凤凰街", "凤凰街"), ("fenghuang jie", "凤凰街"), ("fenghuan jie", "凤凰街"),
        ]
    )
    func search(typed: String, title: String) {
        let hits = Self.town().search(typed)
        #expect(hits.first?.title == title, "\(hits.prefix(4).map { "\($0.title) \($0.score)" })")
    }

    @Test("of 100 addresses, typed in seven ways, the first answer is the right one for 95 or more")
    func samples() {
        let roads = [
            "鼓楼", "海陵", "青年", "人民", "凤凰", "迎春", "东风", "济川", "江洲", "梅兰", "春晖", "永泰", "药城", "扬州", "南通", "永定", "祥龙",
            "府前", "坡子", "税东", "五一", "北仓", "东进", "工农", "引江", "运河", "老街", "溱湖", "泰山", "京泰",
        ]
        let pois = [
            "人民公园", "第一中学", "泰山公园", "火车站", "汽车客运站", "妇幼保健院", "图书馆", "博物馆", "体育中心", "万达广场", "中心菜场", "实验小学", "供电公司",
            "自来水公司", "环卫所", "梅兰芳纪念馆", "望海楼", "口岸雕花楼", "税务局", "第四人民医院",
        ]
        var places: [Place] = []
        for (number, name) in roads.enumerated() {
            let lat = 32.4 + Double(number) * 0.003
            let ends = [GeoPoint(lat: lat, lon: 119.9), GeoPoint(lat: lat, lon: 119.96)]
            places.append(Place(kind: .road, name: name + "路", points: ends))
            for house in 1...60 {
                let point = GeoPoint(lat: lat, lon: 119.9 + Double(house) * 0.001)
                places.append(Place(kind: .address, name: name + "路", number: String(house), points: [point]))
            }
        }
        for (number, name) in pois.enumerated() {
            let point = GeoPoint(lat: 32.41 + Double(number) * 0.002, lon: 119.97)
            places.append(Place(kind: .poi, name: name, points: [point]))
        }
        let town = Gazetteer(places)
        let alike: [Character: Character] = [
            "楼": "搂", "陵": "零", "青": "清", "民": "名", "凤": "奉", "春": "纯", "风": "丰", "江": "将", "梅": "没", "永": "勇",
            "药": "要",
            "泰": "太", "园": "圆", "车": "扯", "馆": "管", "站": "占", "院": "愿", "学": "穴",
        ]
        var wrong: [String] = []
        for sample in 0..<100 {
            let isAddress = sample % 3 != 0
            let house = sample * 7 % 60 + 1
            let title =
                isAddress ? "\(roads[sample % roads.count])路\(house)号" : pois[sample / 3 % pois.count]
            let sound =
                title.applyingTransform(.mandarinToLatin, reverse: false)?
                .applyingTransform(.stripDiacritics, reverse: false) ?? title
            let typed: String
            switch sample % 7 {
            case 0: typed = title
            case 1: typed = sound
            case 2: typed = sound.filter { $0 != " " }
            case 3: typed = sound.replacing("zh", with: "z").replacing("ng", with: "n")
            case 4: typed = String(title.map { alike[$0] ?? $0 })
            case 5: typed = " " + title.map { String($0) }.joined(separator: " ")
            default: typed = title.applyingTransform(.fullwidthToHalfwidth, reverse: true) ?? title
            }
            let first = town.search(typed).first?.title
            if first != title { wrong.append("\(typed) is \(first ?? "nothing"), not \(title)") }
        }
        #expect(wrong.count <= 5, "\(wrong)")
    }

    @Test("a number that nobody has listed lies between its neighbours; nonsense finds nothing")
    func between() {
        let town = Self.town()
        #expect(town.search("鼓楼路12号").first?.score == 1)
        #expect(town.search("xyzqq").isEmpty)
        #expect(town.search("").isEmpty)
        let sparse = Gazetteer([
            Place(kind: .address, name: "东路", number: "2", points: [GeoPoint(lat: 32, lon: 120)]),
            Place(kind: .address, name: "东路", number: "10", points: [GeoPoint(lat: 32, lon: 120.008)]),
        ])
        let hit = sparse.search("东路4号").first
        #expect(hit?.title == "东路4号")
        #expect(abs((hit?.point.lon ?? 0) - 120.002) < 1e-9)
    }

    @Test("a position becomes the words that people use for it")
    func words() throws {
        let town = Self.town()
        let junction = try #require(town.search("鼓楼路与海陵路口").first).point
        func beside(_ east: Double, _ north: Double) -> GeoPoint {
            GeoPoint(lat: junction.lat + north / 111_195, lon: junction.lon + east / 93_790)
        }
        #expect(town.text(at: junction) == "鼓楼路与海陵路口")
        #expect(town.text(at: beside(15, 15)) == "鼓楼路与海陵路口东北角")
        #expect(town.text(at: beside(-15, -15)) == "鼓楼路与海陵路口西南角")
        #expect(town.text(at: beside(0, 20)) == "鼓楼路与海陵路口北侧")
        let number = try #require(town.search("青年路7号").first).point
        #expect(town.text(at: number) == "青年路7号")
        #expect(town.text(at: try #require(town.search("人民公园").first).point) == "人民公园")
        #expect(town.text(at: beside(0, 250))?.hasPrefix("海陵路（近") == true)
        #expect(town.text(at: GeoPoint(lat: 33, lon: 121)) == nil)
    }

    @Test("the nearest point of many is the nearest by trying all")
    func nearest() {
        var random = SeededRandom(seed: 55)
        let points = (0..<4000).map { _ in
            GeoPoint(lat: .random(in: 32.4...32.5, using: &random), lon: .random(in: 119.9...120.02, using: &random))
        }
        let index = NearIndex(points)
        for _ in 0..<300 {
            let here = GeoPoint(
                lat: .random(in: 32.38...32.52, using: &random),
                lon: .random(in: 119.88...120.05, using: &random)
            )
            let sorted = points.indices.map { ($0, points[$0].distance(to: here)) }.sorted { $0.1 < $1.1 }
            #expect(index.nearest(to: here)?.index == sorted[0].0)
            #expect(index.nearest(to: here, most: 5).map(\.index) == sorted.prefix(5).map(\.0))
            let within = Set(sorted.prefix { $0.1 <= 400 }.map(\.0))
            #expect(Set(index.all(near: here, within: 400)) == within)
        }
        #expect(NearIndex([]).nearest(to: points[0]) == nil)
    }
}
