using System.ComponentModel.DataAnnotations;
using Microsoft.OpenApi;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A slug: the id of a rule, or the name of a group, a size class or a tax category.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class SlugAttribute : FieldRuleAttribute, IDescribesSchema
{
    internal const string Pattern = "^[a-z0-9]+(-[a-z0-9]+)*$";

    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string text || RuleName.IsSlug(text) ? null : RuleName.NoSlug;

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        (schema.Pattern, schema.MinLength, schema.MaxLength) = (Pattern, 1, PricingLimits.MaxIdLength);
}

/// <summary>A list of slugs.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SlugsAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string?[] items || items.All(RuleName.IsSlug)
            ? null
            : ErrorText.Of("field.slugs", "must contain slugs of a–z, 0–9 and -");

    void IDescribesSchema.Describe(OpenApiSchema schema)
    {
        if (schema.Items is OpenApiSchema item)
            (item.Type, item.Pattern, item.MaxLength) = (JsonSchemaType.String, SlugAttribute.Pattern, PricingLimits.MaxIdLength);
    }
}

/// <summary>A list of stock keeping units.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SkusAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string?[] items || items.All(i => Sku.TryNormalize(i, out _))
            ? null
            : ErrorText.Of(
                "field.skus", $"must contain SKUs: 1–{Sku.MaxLength} letters, digits, '.', '_' or '-', beginning with a letter or digit");

    void IDescribesSchema.Describe(OpenApiSchema schema)
    {
        if (schema.Items is OpenApiSchema item)
            ((IDescribesSchema)new SkuTextAttribute()).Describe(item);
    }
}

/// <summary>A list of countries (ISO 3166-1 alpha-2).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CountryCodesAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is string?[] items && items.FirstOrDefault(i => !Country.IsCode(i)) is var wrong && items.Any(i => !Country.IsCode(i))
            ? ErrorText.Of("field.country-codes", $"contains {wrong ?? "null"}, which is no officially assigned code of ISO 3166-1 alpha-2")
            : null;

    void IDescribesSchema.Describe(OpenApiSchema schema)
    {
        if (schema.Items is OpenApiSchema item)
            item.Pattern = "^[A-Z]{2}$";
    }
}

/// <summary>Texts for shoppers by language.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ShopperTextsAttribute : FieldRuleAttribute, IDescribesSchema
{
    /// <summary>The longest text, in characters.</summary>
    private const int MaxLength = 500;

    private static readonly string[] Languages = ["en", "zh"];

    private static readonly string Known = string.Join(", ", Languages);

    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not Dictionary<string, string> texts ? null
        : texts.Keys.FirstOrDefault(k => !Languages.Contains(k)) is { } wrong
            ? ErrorText.Of("field.text-language", $"has a text for '{FieldFaults.Shown(wrong)}'; the languages are {Known}")
        : texts.Values.All(t => t is { Length: >= 1 and <= MaxLength } && Text.IsLine(t)) ? null
        : ErrorText.Of("field.text-lines", $"must have texts of 1–{MaxLength} characters on one line");

    void IDescribesSchema.Describe(OpenApiSchema schema)
    {
        if (schema.AdditionalProperties is OpenApiSchema text)
            (text.MinLength, text.MaxLength) = (1, MaxLength);
    }
}

/// <summary>A code that people can type, and that can stand in a path.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CodeCharactersAttribute : FieldRuleAttribute
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string code || !PromotionCode.IsValid(code) || PromotionCode.IsTypeable(code)
            ? null
            : ErrorText.Of("field.code-characters", "must have letters, digits, - and _ only");
}
