using System.Globalization;
using SoonShop.Catalog;

namespace SoonShop.Tests.Search.Quality;

/// <summary>What a generated product is. The labels of queries are computed from this alone.</summary>
/// <param name="Number">Its place in the catalogue, from 0.</param>
/// <param name="IsChinese">True for a Chinese name.</param>
/// <param name="Type">Its kind.</param>
/// <param name="Brand">An index of the brands.</param>
/// <param name="Series">An index of the series.</param>
/// <param name="Size">A size with its unit, such as <c>1.5L</c>; empty for none.</param>
/// <param name="Colour">An index of the colours.</param>
/// <param name="Material">An index of the materials.</param>
/// <param name="IsAccessory">True for what goes with such a product and is none, such as a cover.</param>
internal readonly record struct ProductTraits(
    int Number, bool IsChinese, ProductType Type, int Brand, int Series, string Size, int Colour, int Material, bool IsAccessory);

/// <summary>A catalogue that follows from its size alone, with English and Chinese names.</summary>
internal static class GeneratedCatalog
{
    /// <summary>How many products of a family differ only by colour.</summary>
    private const int FamilySize = 4;

    private const int BrandCount = 400;
    private const int SeriesCount = 2000;

    private static readonly (string English, string Chinese)[] Colours =
    [
        ("Blue", "蓝色"), ("Red", "红色"), ("Green", "绿色"), ("Black", "黑色"), ("White", "白色"), ("Yellow", "黄色"), ("Grey", "灰色"),
        ("Purple", "紫色"),
    ];

    private static readonly (string English, string Chinese)[] Materials =
        [("steel", "不锈钢"), ("cotton", "全棉"), ("bamboo", "竹纤维"), ("plastic", "塑料"), ("leather", "真皮"), ("glass", "玻璃")];

    private static readonly (string English, string Chinese)[] Accessories =
        [("Cover", "保护套"), ("Stand", "支架"), ("Cleaning Cloth", "清洁布")];

    private static readonly string[] Onsets =
        ["b", "br", "c", "d", "dr", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v", "w", "z"];
    private static readonly string[] Rimes = ["a", "an", "ar", "el", "en", "er", "i", "in", "o", "on", "or", "u", "um"];
    private static readonly string[] BrandEnds = ["vela", "ström", "tech", "worth", "lünd", "ique", "éra", "field", "ova", "mont"];
    private const string ChineseSyllables = "诺维拉达菲克斯格罗兰特贝尔森布雷曼卡洛西德恩普瑞奥丽塔";
    private const string ChineseSeries = "曙晨星月云山海川松竹梅雪风雷霞光飞腾锐领翔悦雅尚";

    /// <summary>Returns what a product is.</summary>
    public static ProductTraits Traits(int number)
    {
        var family = Mix(number / FamilySize);
        var type = ProductType.All[Part(family, 0, ProductType.All.Length)];
        var size = type.Sizes[Part(family, 1, type.Sizes.Length)];
        return new ProductTraits(
            number, Part(family, 2, 3) == 0, type, Part(family, 3, BrandCount), Part(family, 4, SeriesCount),
            size.Length == 0 ? "" : size + type.Unit, (Part(family, 5, Colours.Length) + number % FamilySize) % Colours.Length,
            Part(family, 6, Materials.Length), Part(family, 7, 8) == 0);
    }

    /// <summary>Returns its name.</summary>
    public static string NameOf(ProductTraits p)
    {
        var accessory = Accessories[(p.Series + p.Brand) % Accessories.Length];
        return p.IsChinese
            ? $"{Brand(p)}{Series(p)}{p.Type.Chinese}{(p.IsAccessory ? accessory.Chinese : "")}{p.Size} {Colour(p)}"
            : $"{Brand(p)} {Series(p)} {(p.IsAccessory ? $"{accessory.English} for " : "")}{$"{p.Type.Name} {p.Size}".TrimEnd()}, "
                + $"{Colour(p)}";
    }

    /// <summary>Returns its SKU.</summary>
    public static string SkuOf(int number)
    {
        var mixed = Mix(number);
        var (first, second) = ((char)('A' + mixed % 26), (char)('A' + mixed / 26 % 26));
        return string.Create(CultureInfo.InvariantCulture, $"{first}{second}-{number:D7}-{mixed / 676 % 90 + 10}");
    }

    /// <summary>Returns its content. The description names another kind of product, as descriptions do.</summary>
    public static ProductContent ContentOf(ProductTraits p)
    {
        var other = ProductType.All[Part(Mix(p.Number), 8, ProductType.All.Length)];
        var description = p.IsChinese
            ? $"{Material(p)}材质，坚固耐用。与我们的{other.Chinese}搭配使用效果更佳。"
            : $"Made of {Material(p)} and built to last. Goes well with our {other.Name.ToLowerInvariant()}, and is easy to clean.";
        var attributes = new Dictionary<string, string> { ["colour"] = Colour(p), ["material"] = Material(p), ["brand"] = Brand(p) };
        if (p.Size.Length > 0)
            attributes["size"] = p.Size;
        return new ProductContent(
            NameOf(p), description, p.IsAccessory ? "accessories/" + p.Type.Category.Split('/')[1] : p.Type.Category,
            string.Create(CultureInfo.InvariantCulture, $"f-{p.Number / FamilySize}"),
            new Money(500 + 50 * Part(Mix(p.Number), 9, 800), "USD"), attributes, []);
    }

    public static string Brand(ProductTraits p) => p.IsChinese
        ? $"{ChineseSyllables[p.Brand % 26]}{ChineseSyllables[(p.Brand / 26 + 9) % 26]}"
        : Capital(
            $"{Onsets[p.Brand % Onsets.Length]}{Rimes[p.Brand / Onsets.Length % Rimes.Length]}{BrandEnds[p.Brand % BrandEnds.Length]}");

    public static string Series(ProductTraits p)
    {
        var (first, second) = (p.Series % 48, p.Series / 48);
        return p.IsChinese
            ? $"{ChineseSeries[first % ChineseSeries.Length]}{ChineseSeries[second % ChineseSeries.Length]}"
            : Capital(
                $"{Onsets[first % Onsets.Length]}{Rimes[second % Rimes.Length]}"
                + $"{Onsets[(first * 7 + second) % Onsets.Length]}{Rimes[p.Series / 7 % Rimes.Length]}x");
    }

    public static string Colour(ProductTraits p) => p.IsChinese ? Colours[p.Colour].Chinese : Colours[p.Colour].English;

    public static string Material(ProductTraits p) => p.IsChinese ? Materials[p.Material].Chinese : Materials[p.Material].English;

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    /// <summary>A number below <paramref name="bound"/> that depends on all of <paramref name="seed"/>.</summary>
    internal static int Part(ulong seed, int place, int bound) => (int)(Mix(seed + (ulong)(place + 1) * 0x632BE59BD9B4E019) % (ulong)bound);

    private static ulong Mix(int number) => Mix((ulong)number + 1);

    /// <summary>SplitMix64's output function: spreads numbers evenly, the same on every machine.</summary>
    internal static ulong Mix(ulong z)
    {
        z *= 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
