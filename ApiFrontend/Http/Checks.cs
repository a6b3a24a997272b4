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
public sealed class CleanTextAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) => value is not string text || Text.IsClean(text)
        ? null
        : ErrorText.Of("field.control-characters", "must not contain control characters");

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Pattern ??= @"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$";
}

/// <summary>An e-mail address.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class MailAddressAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string text || EmailAddress.IsValid(text.Trim())
        ? null
        : ErrorText.Of("field.email", "is not a valid e-mail address");

    void IDescribesSchema.Describe(OpenApiSchema schema) => (schema.Format, schema.MaxLength) = ("email", EmailAddress.MaxLength);
}

/// <summary>An e-mail address that an existing account may have.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class KnownMailAddressAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string text || EmailAddress.IsValid(text.Trim()) || EmailAddress.CanBeKnown(text.Trim())
        ? null
        : ErrorText.Of("field.email", "is not a valid e-mail address");

    void IDescribesSchema.Describe(OpenApiSchema schema) => (schema.Format, schema.MaxLength) = ("email", EmailAddress.MaxLength);
}

/// <summary>A new password. See <see cref="PasswordPolicy"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class NewPasswordAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is string text ? PasswordPolicy.Problem(text) : null;

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        (schema.MinLength, schema.MaxLength) = (PasswordPolicy.MinLength, PasswordPolicy.MaxLength);
}

/// <summary>
/// A password to verify. Its upper limit allows every spelling of a password that can be set, so that every existing password is accepted.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class KnownPasswordAttribute() : TextLengthAttribute(PasswordPolicy.MaxWritten);

/// <summary>Free text of customers and guests that mails contain. See <see cref="MailedText"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class MailedTextAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is string text ? MailedText.Problem(text) : null;

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        (schema.Pattern, schema.Description) = (
            schema.Pattern ?? LineAttribute.Pattern, "One line without links, domains and e-mail addresses.");
}

/// <summary>Text on one line. See <see cref="Text.IsLine"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class LineAttribute : FieldRuleAttribute, IDescribesSchema
{
    /// <summary>The rule as a regular expression.</summary>
    internal const string Pattern =
        @"^[^\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]*$";

    protected override ErrorText? FindFault(object? value, ValidationContext validation) => value is not string text || Text.IsLine(text)
        ? null
        : ErrorText.Of("field.line", "must be one line without control characters");

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Pattern ??= Pattern;
}

/// <summary>
/// Text on one line of an address, or a phone number. Directional marks and other invisible characters, which people paste along, are
/// allowed: <see cref="AddressRules.Check"/> removes them (see <see cref="Text.WithoutMarks"/>). Text with only such characters is an
/// error.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class AddressLineAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) => value is not string text
        || (Text.WithoutMarks(text) is var visible && Text.IsLine(visible)
            && string.IsNullOrWhiteSpace(visible) == string.IsNullOrWhiteSpace(text))
        ? null
        : ErrorText.Of("field.line", "must be one line without control characters");

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        schema.Pattern ??= @"^[^\u0000-\u001F\u007F-\u009F\u2028\u2029\u2060-\u2065\u206A-\u206F\uFFF9-\uFFFB]*$";
}

/// <summary>A country code (ISO 3166-1 alpha-2).</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class CountryCodeAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string { Length: > 0 } text || Country.IsCode(text) ? null
        : Country.HasFormOfCode(text) ? AddressRules.NoCountry
        : AddressRules.NoCountryCode;

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        (schema.Pattern, schema.Description) = ("^[A-Z]{2}$", "An officially assigned code of ISO 3166-1 alpha-2.");
}

/// <summary>A stock keeping unit. See <see cref="Sku"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class SkuTextAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string text || Sku.TryNormalize(text, out _)
        ? null
        : ErrorText.Of("field.sku", $"must be 1–{Sku.MaxLength} letters, digits, '.', '_' or '-', beginning with a letter or digit");

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Pattern = $"^[A-Za-z0-9][A-Za-z0-9._-]{{0,{Sku.MaxLength - 1}}}$";
}

/// <summary>A currency of ISO 4217.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CurrencyCodeAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string text || Currencies.IsKnown(text)
        ? null
        : ErrorText.Of("field.currency-code", "must be a currency such as USD");

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Pattern = "^[A-Z]{3}$";
}

/// <summary>
/// Amounts, or currencies, of ISO 4217. What does not even have the form of a code is left to the rule itself, which names its place.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class KnownCurrenciesAttribute : FieldRuleAttribute
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) => (value switch
    {
        Money[] amounts => amounts.Select(a => a.Currency),
        string?[] currencies => currencies,
        _ => Enumerable.Empty<string?>(),
    }).FirstOrDefault(c => Money.IsCurrency(c) && !Currencies.IsKnown(c)) is { } wrong
        ? Unknown(wrong)
        : null;

    /// <summary>Returns the fault of a currency that is not in ISO 4217.</summary>
    internal static ErrorText Unknown(string currency) =>
        ErrorText.Of("field.unknown-currency", $"has the currency {currency}, which is not in ISO 4217");
}

/// <summary>The <c>nextCursor</c> of a list. The list itself checks whether it is valid.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class CursorAttribute() : TextLengthAttribute(PageRequest.MaxCursorLength), IDescribesSchema
{
    private protected override ErrorText Fault(string name) => ErrorText.Of("field.cursor", "is not a valid cursor; start without one");

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        schema.Description = "The nextCursor of the page before; without it the list begins.";
}

/// <summary>One of several words; empty means no value.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public class OneOfAttribute(params string[] words) : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string { Length: > 0 } text || Allows(text)
        ? null
        : ErrorText.Of("field.one-of", $"must be {string.Join(", ", words[..^1])} or {words[^1]}");

    void IDescribesSchema.Describe(OpenApiSchema schema) =>
        (schema.Title, schema.Enum) = (Name, [.. words.Select(w => JsonValue.Create(w))]);

    /// <summary>The name of the words' type, if there is one.</summary>
    protected virtual string? Name => null;

    protected virtual bool Allows(string text) => words.Contains(text, StringComparer.Ordinal);
}

/// <summary>A value of an enumeration, as the API writes it.</summary>
public sealed class EnumValueAttribute<T>() : OneOfAttribute(EnumQuery.All<T>()) where T : struct, Enum
{
    protected override string? Name => typeof(T).Name;

    protected override bool Allows(string text) => EnumQuery.TryRead<T>(text, out _);
}

/// <summary>Requires exactly one of this field and another.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EitherOrAttribute(string other) : FieldRuleAttribute
{
    private static readonly ConcurrentDictionary<(Type, string), Func<object, object?>> Readers = new();

    protected override ErrorText? FindFault(object? value, ValidationContext validation)
    {
        var read = Readers.GetOrAdd((validation.ObjectType, other), key => key.Item1.GetProperty(key.Item2)!.GetValue);
        var hasOther = read(validation.ObjectInstance) is not null;
        return value is null == hasOther ? null
            : hasOther ? FieldFaults.NotWith(JsonNamingPolicy.CamelCase.ConvertName(other))
            : FieldFaults.NeededUnless(JsonNamingPolicy.CamelCase.ConvertName(other));
    }
}

/// <summary>Requires exactly one of this field and some others.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ExactlyOneOfAttribute(params string[] others) : FieldRuleAttribute
{
    private static readonly ConcurrentDictionary<(Type, string), Func<object, object?>> Readers = new();

    protected override ErrorText? FindFault(object? value, ValidationContext validation)
    {
        var given = others.FirstOrDefault(o =>
            Readers.GetOrAdd(
                (validation.ObjectType, o), key => key.Item1.GetProperty(key.Item2)!.GetValue)(validation.ObjectInstance) is not null);
        return value is null == given is not null ? null
            : given is not null ? FieldFaults.NotWith(JsonNamingPolicy.CamelCase.ConvertName(given))
            : FieldFaults.NeededUnless(Array.ConvertAll(others, JsonNamingPolicy.CamelCase.ConvertName));
    }
}

/// <summary>True or omitted: the field requests something and cannot request the opposite.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OnlyTrueAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) => value is not false
        ? null
        : ErrorText.Of("field.only-true", "must be true or left out");

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Enum = [JsonValue.Create(true)];
}

/// <summary>A list without nulls.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NoNullsAttribute : FieldRuleAttribute
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not IEnumerable<object?> items || items.All(i => i is not null)
            ? null
            : ErrorText.Of("field.no-nulls", "must not contain null");
}
