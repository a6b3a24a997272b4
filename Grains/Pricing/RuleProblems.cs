using System.Text.RegularExpressions;

namespace SoonShop.Pricing;

/// <summary>Collects what is wrong with rules, by field.</summary>
internal sealed partial class RuleProblems
{
    private readonly Dictionary<string, ErrorText[]> problems = [];
    private string prefix = "";

    /// <summary>The problems by field.</summary>
    public IReadOnlyDictionary<string, ErrorText[]> All => problems;

    /// <summary>Checks a rule within a list: its fields get the list's name and its index.</summary>
    public void In(string list, int index, Action check)
    {
        var before = prefix;
        prefix = $"{before}{list}[{index}].";
        check();
        prefix = before;
    }

    /// <summary>Adds a problem unless a condition holds. The first problem of a field stays.</summary>
    public void Require(bool good, string field, ErrorText text)
    {
        if (!good)
            problems.TryAdd(prefix + field, [text]);
    }

    /// <summary>Checks an id.</summary>
    public void Id(string? id, string field = "id") => Require(
        id is { Length: <= PricingLimits.MaxIdLength } && Slug.IsValid(id), field,
        ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -"));

    /// <summary>Checks a name.</summary>
    public void Name(string? name) => Require(
        !string.IsNullOrWhiteSpace(name) && name.Length <= PricingLimits.MaxNameLength && Text.IsLine(name), "name",
        ErrorText.Of("field.name", "must be 1–200 characters without control characters"));

    /// <summary>Checks a whole number.</summary>
    public void Range(long? value, long least, long most, string field) => Require(
        value is null || (value >= least && value <= most), field, ErrorText.Of("field.between", $"must be {least}–{most}"));

    /// <summary>Checks that a period ends after it begins.</summary>
    public void PeriodEnds(DateTimeOffset? from, DateTimeOffset? to) =>
        Require(!(to <= from), "to", ErrorText.Of("field.period", "must be later than from"));

    /// <summary>Checks the length of a list.</summary>
    public bool Count<T>(ImmutableArray<T> list, int most, string field)
    {
        Require(!list.IsDefault, field, ErrorText.Of("field.missing", "is required"));
        Require(list.IsDefault || list.Length <= most, field, ErrorText.Of("field.entries", $"must have at most {most} entries"));
        return !list.IsDefault && list.Length <= most;
    }

    /// <summary>Checks each entry of a list, and that none is there twice.</summary>
    public void Each(ImmutableArray<string> list, string field, Func<string, bool> isGood, ErrorText text,
        int most = PricingLimits.MaxEntries)
    {
        if (!Count(list, most, field))
            return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Length; i++)
        {
            Require(list[i] is not null && isGood(list[i]), $"{field}[{i}]", text);
            Require(list[i] is null || seen.Add(list[i]), $"{field}[{i}]", ErrorText.Of("field.repeated", "is given more than once"));
        }
    }

    /// <summary>Checks the customer groups of a rule.</summary>
    public void CustomerGroups(ImmutableArray<string> groups, string field) => Each(
        groups, field, IsShortSlug, ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -"), PricingLimits.MaxRules);

    /// <summary>Checks amounts: one per currency, each in a range.</summary>
    public void Amounts(ImmutableArray<Money> amounts, string field, long least, long most)
    {
        if (!Count(amounts, PricingLimits.MaxRules, field))
            return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < amounts.Length; i++)
        {
            Range(amounts[i].Amount, least, most, $"{field}[{i}].amount");
            Currency(amounts[i].Currency, $"{field}[{i}].currency");
            Require(amounts[i].Currency is null || seen.Add(amounts[i].Currency), $"{field}[{i}].currency",
                ErrorText.Of("field.repeated", "is given more than once"));
        }
    }

    /// <summary>Checks a currency.</summary>
    public void Currency(string? currency, string field) => Require(
        Money.IsCurrency(currency), field, ErrorText.Of("field.currency-code", "must be a currency such as USD"));

    /// <summary>Checks the tax category of a product, a method or a rate.</summary>
    public void TaxCategoryOf(string? category, string field) => Require(
        category is not null && IsShortSlug(category), field, ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -"));

    /// <summary>True for a category of products.</summary>
    public static bool IsCategory(string category) => category.Length <= 100 && CategoryPattern.IsMatch(category);

    /// <summary>True for a slug that is short enough to be an id.</summary>
    public static bool IsShortSlug(string slug) => slug.Length <= PricingLimits.MaxIdLength && Slug.IsValid(slug);

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*){0,3}\z")]
    private static partial Regex CategoryPattern { get; }
}
