import Domain

extension Catalogue {
    /// What a centre has that loads no catalogue of its own: classes that cameras and sensors can find, with limits
    /// that cities have published. The wording of the conditions is ours.
    package static let builtIn =
        (try? Catalogue(csv: builtInText, file: "built-in catalogue")) ?? Catalogue(classes: [])

    private static let builtInText = """
        code,kind,name,nameEn,level,condition,limit,limitUnit,unit,duplicateRadiusM,duplicateMinutes,policy
        09009,event,机动车乱停放,illegal car parking,1,停在禁停处,3,urgentHour,enforcement,20,30,ask
        09001,event,无照经营游商,unlicensed hawker,1,流动摊贩占用公共场所,2,urgentHour,enforcement,20,30,ask
        09005,event,店外经营,trading outside the shop,1,货物摆出门窗之外,2,urgentHour,enforcement,20,30,ask
        09006,event,占道经营,trading on the road,1,占用道路买卖,2,urgentHour,enforcement,20,30,ask
        09010,event,非机动车乱停放,illegal bicycle parking,1,停放无序妨碍通行,2,workHour,enforcement,20,30,ask
        09012,event,占用消防通道,blocked fire lane,1,消防通道被占,2,urgentHour,enforcement,20,30,ask
        06010,event,暴露垃圾,exposed rubbish,1,垃圾未入箱,4,workHour,sanitation,20,30,ask
        06011,event,积存垃圾渣土,accumulated rubbish or muck,1,长时间堆放,5,workDay,sanitation,20,60,ask
        06012,event,道路不洁,dirty road,1,散落垃圾或油污,2,workHour,sanitation,20,30,ask
        06013,event,道路破损,road damage,1,坑洼、开裂或破损,5,workDay,municipal,20,60,ask
        06014,event,道路遗撒,spillage on the road,1,车辆遗撒渣土或货物,2,workHour,sanitation,50,30,ask
        06017,event,绿地脏乱,dirty green space,1,绿地内有杂物,4,workHour,parks,20,60,ask
        06020,event,焚烧垃圾、树叶,burning waste or leaves,1,露天焚烧,2,urgentHour,enforcement,30,30,ask
        06025,event,水域不洁,dirty water body,1,水面有漂浮物,2,workDay,drainage,50,60,ask
        06034,event,废弃车辆,abandoned vehicle,1,长期无人使用,5,workDay,enforcement,20,1440,ask
        06036,event,乱堆杂物,piled objects,1,物品堆在公共场所,4,workHour,enforcement,20,30,ask
        06042,event,垃圾站（箱）满溢,overflowing bin,1,垃圾溢出,4,workHour,sanitation,20,60,ask
        07001,event,非法小广告,illegal small ads,1,张贴或喷涂,1,workDay,enforcement,20,60,ask
        08001,event,施工扰民,construction nuisance,1,违规时间施工,2,urgentHour,enforcement,100,60,ask
        08011,event,渣土运输车辆未密闭,uncovered muck truck,1,未装密闭装置,2,workDay,enforcement,50,30,ask
        E-05-01,event,供水管道破裂,water main burst,1,跑水、冒水或漏水,1,urgentHour,water,50,60,open
        E-05-01,event,供水管道破裂,water main burst,2,引起路面塌陷,5,workDay,water,50,60,open
        E-05-02,event,燃气管道破裂,gas main burst,1,泄漏、着火或爆炸,1,urgentHour,gas,50,60,open
        E-05-02,event,燃气管道破裂,gas main burst,2,引起路面塌陷,5,workDay,gas,50,60,open
        E-05-03,event,排水管道堵塞、破裂,drain blocked or burst,1,破损有塌陷危险,1,urgentHour,drainage,50,60,open
        E-05-03,event,排水管道堵塞、破裂,drain blocked or burst,2,堵塞外溢,4,workHour,drainage,50,60,open
        E-05-04,event,热力管道破裂,heating main burst,1,蒸汽或热水外溢,1,urgentHour,municipal,50,60,open
        E-05-05,event,路面塌陷,road collapse,1,影响通行安全,2,urgentHour,municipal,20,60,open
        E-05-06,event,道路积水,road ponding,1,积水影响安全或通行,2,urgentHour,drainage,20,30,open
        P-01-01,part,上水井盖,water-supply manhole cover,1,缺失、移位或有危险,2,urgentHour,water,10,60,open
        P-01-01,part,上水井盖,water-supply manhole cover,2,破损,4,workHour,water,10,60,open
        P-01-01,part,上水井盖,water-supply manhole cover,3,弹跳、翻盖,2,workDay,water,10,60,open
        P-01-01,part,上水井盖,water-supply manhole cover,4,周边路面沉陷,5,workDay,water,10,60,open
        P-01-02,part,污水井盖,sewage manhole cover,1,缺失、移位或有危险,2,urgentHour,drainage,10,60,open
        P-01-02,part,污水井盖,sewage manhole cover,2,破损,4,workHour,drainage,10,60,open
        P-01-03,part,雨水井盖,storm-drain manhole cover,1,缺失、移位或有危险,2,urgentHour,drainage,10,60,open
        P-01-03,part,雨水井盖,storm-drain manhole cover,2,破损,4,workHour,drainage,10,60,open
        P-01-04,part,雨水箅子,storm-drain grate,1,缺失、移位或有危险,2,urgentHour,drainage,10,60,open
        P-01-04,part,雨水箅子,storm-drain grate,2,大面积堵塞,1,workDay,drainage,10,60,open
        P-01-06,part,路灯井盖,streetlight manhole cover,1,缺失、移位或有危险,2,urgentHour,lighting,10,60,open
        P-01-11,part,燃气井盖,gas manhole cover,1,缺失、移位或有危险,2,urgentHour,gas,10,60,open
        P-01-37,part,路灯,streetlight,1,单盏不亮,2,workDay,lighting,5,1440,open
        P-01-37,part,路灯,streetlight,2,倒地、折断或露线,1,workDay,lighting,5,1440,open
        P-01-37,part,路灯,streetlight,3,未按时启闭,2,workHour,lighting,5,1440,open
        P-03-05,part,垃圾箱（果皮箱、桶）,litter bin,1,倾倒或未关门,1,workDay,sanitation,10,1440,ask
        P-03-05,part,垃圾箱（果皮箱、桶）,litter bin,2,破损或缺失,3,workDay,sanitation,10,1440,ask
        P-04-02,part,行道树,street tree,1,倒伏或断枝,1,workDay,parks,10,60,ask
        """
}
