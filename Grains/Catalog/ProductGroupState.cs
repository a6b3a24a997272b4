using System.Text.RegularExpressions;
using SoonShop.Aggregates;

namespace SoonShop.Catalog;

/// <summary>The rules of a product group.</summary>
public sealed partial record ProductGroupState
{
    /// <summary>The most tags, and the most images.</summary>
    private const int MaxEntries = 250;

    /// <summary>The most options of a group.</summary>
    public const int MaxOptions = 5;

    /// <summary>The most characters of what an image shows.</summary>
    public const int MaxAlt = 1000;

    /// <summary>The most characters of a name, a tag, or the value of an option.</summary>
    public const int MaxText = 255;

    /// <summary>The id.</summary>
    public required string Id { get; init; }

    /// <summary>The content; null once it is removed.</summary>
    public ProductGroupContent? Content { get; init; }

    /// <summary>Stores the content.</summary>
    public static Decision<ProductGroupState> Put(string id, ProductGroupState? state, ProductGroupContent content)
    {
        if (Problems(content) is { Count: > 0 } problems)
            return Error.Invalid(problems);
        return state is { Content: { } known } && Same(known, content)
            ? Decision<ProductGroupState>.NoChange(state)
            : Decision<ProductGroupState>.To(
                new ProductGroupState { Id = id, Content = content }, new ProductGroupChanged(id, content.Name));
    }

    /// <summary>Removes the content.</summary>
    public Decision<ProductGroupState> Remove() =>
        Decision<ProductGroupState>.To(this with { Content = null }, new ProductGroupRemoved(Id));

    /// <summary>True for columns that can be kept.</summary>
    internal static bool AreColumns(ImmutableSortedDictionary<string, string> columns) =>
        columns.Count <= 200 && columns.All(c => IsLine(c.Key) && c.Value is { Length: <= 5000 } && Text.IsClean(c.Value));

    /// <summary>True when two contents are equal.</summary>
    internal static bool Same(ProductGroupContent a, ProductGroupContent b) =>
        a with { Tags = b.Tags, Options = b.Options, Media = b.Media, Translations = b.Translations, Columns = b.Columns } == b
        && a.Tags.SequenceEqual(b.Tags) && a.Options.SequenceEqual(b.Options) && a.Media.SequenceEqual(b.Media)
        && a.Translations.SequenceEqual(b.Translations) && a.Columns.SequenceEqual(b.Columns);

    private static Dictionary<string, ErrorText[]> Problems(ProductGroupContent content)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        void Check(string field, bool good, ErrorText text)
        {
            if (!good)
                errors[field] = [text];
        }
        Check("name", IsLine(content.Name), NoLine);
        CheckTexts("", null, content.DescriptionHtml, content.SeoTitle, content.SeoDescription, Check);
        Check("brand", content.Brand is null || IsLine(content.Brand), NoLine);
        Check("type", content.Type is null || IsLine(content.Type), NoLine);
        Check(
            "tags", content.Tags.Length <= MaxEntries && content.Tags.All(IsLine) && content.Tags.Distinct().Count() == content.Tags.Length,
            ErrorText.Of("field.tags", $"must be at most {MaxEntries} different lines of 1–{MaxText} characters"));
        Check("options", content.Options.Length <= MaxOptions && content.Options.All(IsLine)
            && content.Options.Distinct(StringComparer.OrdinalIgnoreCase).Count() == content.Options.Length,
            ErrorText.Of("field.option-names", $"must be at most {MaxOptions} different names of 1–{MaxText} characters"));
        Check("media", content.Media.Length <= MaxEntries && content.Media.All(m =>
            m is not null && ProductState.IsImage(m.Url) && m.Alt is { Length: <= MaxAlt } && Text.IsClean(m.Alt)),
            ErrorText.Of(
                "field.media",
                $"must be at most {MaxEntries} images, uploaded or with an absolute http or https URL, and alt texts of up to 1,000 "
                    + $"characters"));
        Check("translations", content.Translations.Count <= 20 && content.Translations.Keys.All(k => LanguageTag.IsMatch(k)),
            ErrorText.Of("field.languages", "must be at most 20 languages, by tags such as zh or de-AT"));
        foreach (var (language, texts) in content.Translations)
            CheckTexts($"translations.{language}.", texts.Name, texts.DescriptionHtml, texts.SeoTitle, texts.SeoDescription, Check);
        Check("columns", AreColumns(content.Columns),
            ErrorText.Of("field.columns", "must be at most 200, with names of 1–255 and values of up to 5,000 characters"));
        return errors;
    }

    private static void CheckTexts(
        string field, string? name, string? description, string? seoTitle, string? seoDescription, Action<string, bool, ErrorText> check)
    {
        check(field + "name", name is null || IsLine(name), NoLine);
        check(field + "descriptionHtml", description is null || (description.Length <= 50_000 && Text.IsClean(description)),
            ErrorText.Of("field.description-html", "must be at most 50,000 characters without control characters"));
        check(field + "seoTitle", seoTitle is null || IsLine(seoTitle), NoLine);
        check(field + "seoDescription", seoDescription is null || (seoDescription.Length <= 1000 && Text.IsClean(seoDescription)),
            ErrorText.Of("field.seo-description", "must be at most 1,000 characters without control characters"));
    }

    private static bool IsLine(string? text) =>
        text is { Length: >= 1 and <= MaxText } && !string.IsNullOrWhiteSpace(text) && Text.IsLine(text);

    private static ErrorText NoLine => ErrorText.Of("field.line-255", "must be 1–255 characters on one line");

    /// <summary>A language tag without extensions (RFC 5646, section 2.1).</summary>
    [GeneratedRegex(@"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\z")]
    private static partial Regex LanguageTag { get; }
}

/// <summary>The fields of a product group that SQL uses.</summary>
/// <param name="Name">The name.</param>
/// <param name="Brand">The brand; null for none.</param>
/// <param name="Columns">The names of the columns that are kept for exports; null for none.</param>
public sealed record ProductGroupIndex(string Name, string? Brand, IEnumerable<string>? Columns)
{
    /// <summary>Returns the fields of a group.</summary>
    public static ProductGroupIndex Of(ProductGroupContent content) =>
        new(content.Name, content.Brand, content.Columns.IsEmpty ? null : content.Columns.Keys);
}
