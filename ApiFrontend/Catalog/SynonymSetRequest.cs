using System.ComponentModel.DataAnnotations;
using Microsoft.OpenApi;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>A set of synonyms: either <c>terms</c>, or <c>from</c> and <c>to</c>.</summary>
public sealed record SynonymSetRequest
{
    /// <summary>The id, a slug. Without it a new set gets one. In a replacement it may be left out; another id is refused.</summary>
    [Slug] public string? Id { get; init; }

    /// <summary>2–20 terms that all find the same products.</summary>
    [MaxItems(SynonymSet.MaxTerms), NoNulls, SearchTerms] public string[]? Terms { get; init; }

    /// <summary>The terms that a shopper searches for. With <c>to</c> at most 20 terms.</summary>
    [MaxItems(SynonymSet.MaxTerms), NoNulls, SearchTerms] public string[]? From { get; init; }

    /// <summary>The terms whose products the terms of <c>from</c> find, too.</summary>
    [MaxItems(SynonymSet.MaxTerms), NoNulls, SearchTerms] public string[]? To { get; init; }

    internal SynonymSet ToSet(string id) => new(id) { Terms = [.. Terms ?? []], From = [.. From ?? []], To = [.. To ?? []] };
}

/// <summary>A list of terms of the search.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SearchTermsAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is string?[] terms && terms.Any(t => t is not null && (t.Length is 0 or > SynonymSet.MaxTermLength || !Text.IsLine(t)))
            ? SynonymSet.BadTerms
            : null;

    void IDescribesSchema.Describe(OpenApiSchema schema)
    {
        if (schema.Items is OpenApiSchema item)
            (item.Type, item.MinLength, item.MaxLength) = (JsonSchemaType.String, 1, SynonymSet.MaxTermLength);
    }
}

/// <summary>A set of synonyms.</summary>
/// <param name="Id">The id.</param>
/// <param name="Terms">Terms that all find the same products; empty for a set with a direction.</param>
/// <param name="From">The terms that a shopper searches for; empty without a direction.</param>
/// <param name="To">The terms whose products they find, too; empty without a direction.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="ChangedAt">When it was last changed.</param>
internal sealed record SynonymSetResponse(
    string Id, ImmutableArray<string> Terms, ImmutableArray<string> From, ImmutableArray<string> To, DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt)
{
    public static SynonymSetResponse Of(StoredSynonymSet stored) =>
        new(stored.Set.Id, stored.Set.Terms, stored.Set.From, stored.Set.To, stored.CreatedAt, stored.ChangedAt);
}
