using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoonShop.Addresses;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Http;

/// <summary>A validation rule that can describe itself in the OpenAPI document.</summary>
internal interface IDescribesSchema
{
    /// <summary>Adds the rule to the schema of the value.</summary>
    void Describe(OpenApiSchema schema);
}

/// <summary>Text without control characters. See <see cref="Text.IsClean"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class CleanTextAttribute : ValidationAttribute, IDescribesSchema
{
    public CleanTextAttribute() : base("must not contain control characters") { }

    public override bool IsValid(object? value) => value is not string text || Text.IsClean(text);

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Pattern ??= @"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$";
}

/// <summary>An e-mail address.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class MailAddressAttribute : ValidationAttribute, IDescribesSchema
{
    public MailAddressAttribute() : base("is no e-mail address") { }

    public override bool IsValid(object? value) => value is not string text || EmailAddress.IsValid(text.Trim());

    void IDescribesSchema.Describe(OpenApiSchema schema) => (schema.Format, schema.MaxLength) = ("email", EmailAddress.MaxLength);
}

/// <summary>An e-mail address that an existing account may have.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class KnownMailAddressAttribute : ValidationAttribute, IDescribesSchema
{
    public KnownMailAddressAttribute() : base("is no e-mail address") { }

    public override bool IsValid(object? value) =>
        value is not string text || EmailAddress.IsValid(text.Trim()) || EmailAddress.CanBeKnown(text.Trim());

    void IDescribesSchema.Describe(OpenApiSchema schema) => (schema.Format, schema.MaxLength) = ("email", EmailAddress.MaxLength);
}

/// <summary>A new password. See <see cref="PasswordPolicy"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class NewPasswordAttribute : ValidationAttribute, IDescribesSchema
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is string text && PasswordPolicy.Problem(text) is { } problem ? new ValidationResult(problem, [validationContext.MemberName!]) : ValidationResult.Success;

    void IDescribesSchema.Describe(OpenApiSchema schema) => (schema.MinLength, schema.MaxLength) = (PasswordPolicy.MinLength, PasswordPolicy.MaxLength);
}

/// <summary>
/// A password to verify. Its upper limit allows every spelling of a password that can be set, so that every existing password is accepted.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class KnownPasswordAttribute() : StringLengthAttribute(PasswordPolicy.MaxWritten);

/// <summary>Free text of customers and guests that mails contain. See <see cref="MailedText"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class MailedTextAttribute : ValidationAttribute, IDescribesSchema
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is string text && MailedText.Problem(text) is { } problem ? new ValidationResult(problem, [validationContext.MemberName!]) : ValidationResult.Success;

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        (schema.Pattern, schema.Description) = (schema.Pattern ?? LineAttribute.Pattern, "One line without links, domains and e-mail addresses.");
}

/// <summary>Text on one line. See <see cref="Text.IsLine"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class LineAttribute : ValidationAttribute, IDescribesSchema
{
    /// <summary>The rule as a regular expression.</summary>
    internal const string Pattern = @"^[^\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]*$";

    public LineAttribute() : base("must be one line without control characters") { }

    public override bool IsValid(object? value) => value is not string text || Text.IsLine(text);

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Pattern ??= Pattern;
}

/// <summary>
/// Text on one line of an address, or a phone number. Directional marks and other invisible characters, which people paste along, are
/// allowed: <see cref="AddressRules.Check"/> removes them (see <see cref="Text.WithoutMarks"/>). Text with only such characters is an
/// error.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class AddressLineAttribute : ValidationAttribute, IDescribesSchema
{
    public AddressLineAttribute() : base("must be one line without control characters") { }

    public override bool IsValid(object? value) => value is not string text
        || (Text.WithoutMarks(text) is var visible && Text.IsLine(visible)
            && string.IsNullOrWhiteSpace(visible) == string.IsNullOrWhiteSpace(text));

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        schema.Pattern ??= @"^[^\u0000-\u001F\u007F-\u009F\u2028\u2029\u2060-\u2065\u206A-\u206F\uFFF9-\uFFFB]*$";
}

/// <summary>A country code (ISO 3166-1 alpha-2).</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class CountryCodeAttribute : ValidationAttribute, IDescribesSchema
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is not string { Length: > 0 } text || Country.IsCode(text) ? ValidationResult.Success
        : new(Country.HasFormOfCode(text) ? AddressRules.NoCountry : AddressRules.NoCountryCode, [validationContext.MemberName!]);

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        (schema.Pattern, schema.Description) = ("^[A-Z]{2}$", "An officially assigned code of ISO 3166-1 alpha-2.");
}

/// <summary>A stock keeping unit. See <see cref="Sku"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class SkuTextAttribute : ValidationAttribute, IDescribesSchema
{
    public SkuTextAttribute() : base($"must be 1–{Sku.MaxLength} letters, digits, '.', '_' or '-', beginning with a letter or digit") { }

    public override bool IsValid(object? value) => value is not string text || Sku.TryNormalize(text, out _);

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Pattern = $"^[A-Za-z0-9][A-Za-z0-9._-]{{0,{Sku.MaxLength - 1}}}$";
}

/// <summary>A currency code.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CurrencyCodeAttribute : ValidationAttribute, IDescribesSchema
{
    public CurrencyCodeAttribute() : base("must be a currency such as USD") { }

    public override bool IsValid(object? value) => value is not string text || Money.IsCurrency(text);

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Pattern = "^[A-Z]{3}$";
}

/// <summary>The <c>nextCursor</c> of a list. The list itself checks whether it is valid.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class CursorAttribute : StringLengthAttribute, IDescribesSchema
{
    public CursorAttribute() : base(PageRequest.MaxCursorLength) => ErrorMessage = "is none that this list gave; begin without one";

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Description = "The nextCursor of the page before; without it the list begins.";
}

/// <summary>One of several words; empty means no value.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public class OneOfAttribute(params string[] words) : ValidationAttribute($"must be {Enumerate(words)}"), IDescribesSchema
{
    public override bool IsValid(object? value) => value is not string { Length: > 0 } text || Allows(text);

    void IDescribesSchema.Describe(OpenApiSchema schema) => (schema.Title, schema.Enum) = (Name, [.. words.Select(w => JsonValue.Create(w))]);

    /// <summary>The name of the words' type, if there is one.</summary>
    protected virtual string? Name => null;

    protected virtual bool Allows(string text) => words.Contains(text, StringComparer.Ordinal);

    private static string Enumerate(string[] words) => $"{string.Join(", ", words[..^1])} or {words[^1]}";
}

/// <summary>A value of an enumeration, as the API writes it.</summary>
public sealed class EnumValueAttribute<T>() : OneOfAttribute(EnumQuery.All<T>()) where T : struct, Enum
{
    protected override string? Name => typeof(T).Name;

    protected override bool Allows(string text) => EnumQuery.TryRead<T>(text, out _);
}

/// <summary>Requires exactly one of this field and another.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EitherOrAttribute(string other) : ValidationAttribute
{
    private static readonly ConcurrentDictionary<(Type, string), Func<object, object?>> Readers = new();

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        var read = Readers.GetOrAdd((validationContext.ObjectType, other), key => key.Item1.GetProperty(key.Item2)!.GetValue);
        var hasOther = read(validationContext.ObjectInstance) is not null;
        return value is null != hasOther
            ? new ValidationResult($"{(hasOther ? "cannot stand beside" : "is required, or")} {JsonNamingPolicy.CamelCase.ConvertName(other)}", [validationContext.MemberName!])
            : ValidationResult.Success;
    }
}

/// <summary>Requires exactly one of this field and some others.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ExactlyOneOfAttribute(params string[] others) : ValidationAttribute
{
    private static readonly ConcurrentDictionary<(Type, string), Func<object, object?>> Readers = new();

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        var given = others.FirstOrDefault(o =>
            Readers.GetOrAdd((validationContext.ObjectType, o), key => key.Item1.GetProperty(key.Item2)!.GetValue)(validationContext.ObjectInstance) is not null);
        return value is null == given is not null ? ValidationResult.Success
            : new ValidationResult(
                given is null ? $"is required, or {string.Join(" or ", others.Select(JsonNamingPolicy.CamelCase.ConvertName))}"
                    : $"cannot stand beside {JsonNamingPolicy.CamelCase.ConvertName(given)}",
                [validationContext.MemberName!]);
    }
}

/// <summary>True or omitted: the field requests something and cannot request the opposite.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OnlyTrueAttribute : ValidationAttribute, IDescribesSchema
{
    public OnlyTrueAttribute() : base("must be true, or left out") { }

    public override bool IsValid(object? value) => value is not false;

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Enum = [JsonValue.Create(true)];
}

/// <summary>A list without nulls.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NoNullsAttribute : ValidationAttribute
{
    public NoNullsAttribute() : base("must not contain null") { }

    public override bool IsValid(object? value) => value is not IEnumerable<object?> items || items.All(i => i is not null);
}
