namespace SoonShop.Tests.Search.Quality;

/// <summary>A kind of product in the generated catalogue.</summary>
/// <param name="Name">The English name.</param>
/// <param name="Other">Another form of the same word that a shopper may type: plural, singular or a verb's form.</param>
/// <param name="Respelt">The name split, joined or without its hyphen; null when there is nothing to split or join.</param>
/// <param name="Chinese">The Chinese name.</param>
/// <param name="ChineseInside">Characters from the inside of the Chinese name, which no other kind has.</param>
/// <param name="Category">The category.</param>
/// <param name="Unit">The unit of its sizes; empty for none.</param>
internal sealed record ProductType(
    string Name, string Other, string? Respelt, string Chinese, string ChineseInside, string Category, string Unit)
{
    /// <summary>All kinds.</summary>
    public static readonly ProductType[] All =
    [
        new("Kettle", "kettles", null, "电热水壶", "热水壶", "kitchen/kettles", "L"),
        new("Teapot", "teapots", "tea pot", "陶瓷茶壶", "瓷茶壶", "kitchen/teapots", "L"),
        new("Coffee Maker", "coffee makers", "coffeemaker", "滴漏咖啡机", "咖啡机", "kitchen/coffee", "L"),
        new("Toaster", "toasters", null, "多士炉面包机", "士炉", "kitchen/toasters", ""),
        new("Frying Pan", "frying pans", "fryingpan", "不粘煎锅", "粘煎锅", "kitchen/pans", "cm"),
        new("Chopping Board", "chopping boards", null, "竹制砧板", "制砧", "kitchen/boards", "cm"),
        new("Water Bottle", "water bottles", null, "运动水瓶", "动水瓶", "sport/bottles", "ml"),
        new("Lunch Box", "lunch boxes", "lunchbox", "便当饭盒", "当饭盒", "kitchen/lunch", "ml"),
        new("Headphones", "headphone", "head phones", "头戴式耳机", "戴式耳", "audio/headphones", ""),
        new("Keyboard", "keyboards", "key board", "机械键盘", "械键盘", "computers/keyboards", ""),
        new("Monitor", "monitors", null, "液晶显示器", "显示器", "computers/monitors", "inch"),
        new("Wi-Fi Router", "wi-fi routers", "wifi router", "无线路由器", "路由器", "computers/network", ""),
        new("USB-C Cable", "usb-c cables", "usbc cable", "快充数据线", "数据线", "computers/cables", "m"),
        new("Jack Adapter", "jack adapters", null, "音频转接头", "频转接", "audio/adapters", "mm"),
        new("Power Bank", "power banks", "powerbank", "移动电源宝", "动电源", "phones/power", "mAh"),
        new("Flashlight", "flashlights", "flash light", "强光手电筒", "光手电", "outdoor/lights", ""),
        new("Notebook", "notebooks", "note book", "皮面笔记本", "面笔记", "office/notebooks", ""),
        new("Fountain Pen", "fountain pens", null, "商务钢笔", "务钢笔", "office/pens", "mm"),
        new("Backpack", "backpacks", "back pack", "登山双肩包", "双肩包", "outdoor/bags", "L"),
        new("Suitcase", "suitcases", "suit case", "万向轮行李箱", "行李箱", "travel/suitcases", "L"),
        new("Sleeping Bag", "sleeping bags", null, "羽绒睡袋", "绒睡袋", "outdoor/sleeping", ""),
        new("Tent", "tents", null, "野营帐篷", "营帐篷", "outdoor/tents", ""),
        new("Hammock", "hammocks", null, "户外吊床", "外吊床", "outdoor/hammocks", ""),
        new("Cycling Helmet", "cycling helmets", null, "骑行头盔", "行头盔", "sport/cycling", "cm"),
        new("Yoga Mat", "yoga mats", null, "加厚瑜伽垫", "瑜伽垫", "sport/yoga", "mm"),
        new("Dumbbell", "dumbbells", "dumb bell", "包胶哑铃", "胶哑铃", "sport/weights", "kg"),
        new("Running Shoes", "running shoe", null, "缓震跑步鞋", "跑步鞋", "fashion/shoes", ""),
        new("T-Shirt", "t-shirts", "tshirt", "纯棉短袖衫", "短袖衫", "fashion/tops", ""),
        new("Rain Jacket", "rain jackets", null, "防水冲锋衣", "冲锋衣", "fashion/jackets", ""),
        new("Wool Blanket", "wool blankets", null, "羊毛毯子", "毛毯子", "home/blankets", "cm"),
        new("Pillow", "pillows", null, "记忆棉枕头", "棉枕头", "home/pillows", "cm"),
        new("Bath Towel", "bath towels", null, "吸水浴巾", "水浴巾", "home/towels", "cm"),
        new("Desk Lamp", "desk lamps", null, "护眼台灯", "眼台灯", "home/lamps", ""),
        new("Scented Candle", "scented candles", null, "香薰蜡烛", "薰蜡烛", "home/candles", "g"),
        new("Battery", "batteries", null, "碱性干电池", "干电池", "electronics/batteries", ""),
        new("Screwdriver", "screwdrivers", "screw driver", "精密螺丝刀", "螺丝刀", "tools/screwdrivers", "mm"),
        new("Cordless Drill", "cordless drills", null, "充电式电钻", "式电钻", "tools/drills", ""),
        new("Flower Pot", "flower pots", "flowerpot", "阳台花盆", "台花盆", "garden/pots", "cm"),
        new("Toothbrush", "toothbrushes", "tooth brush", "软毛牙刷", "毛牙刷", "beauty/teeth", ""),
        new("Jigsaw Puzzle", "jigsaw puzzles", null, "木质拼图", "质拼图", "toys/puzzles", ""),
    ];

    private static readonly Dictionary<string, string[]> SizesByUnit = new()
    {
        ["L"] = ["0.5", "1.2", "1.5", "1.7", "2", "2.5", "20", "35"],
        ["ml"] = ["350", "500", "600", "750", "1000"],
        ["cm"] = ["20", "24", "28", "40", "50", "60"],
        ["mm"] = ["0.5", "2.5", "3.5", "6", "6.3", "8"],
        ["inch"] = ["19", "22", "24", "27", "32"],
        ["m"] = ["0.5", "1", "1.8", "2", "3"],
        ["kg"] = ["1", "2", "2.5", "5", "10"],
        ["g"] = ["100", "150", "200", "350", "500"],
        ["mAh"] = ["5000", "10000", "20000", "26800"],
        [""] = [""],
    };

    /// <summary>The sizes that it is made in, such as <c>1.5</c>; one empty size when it has none.</summary>
    public string[] Sizes => SizesByUnit[Unit];
}
