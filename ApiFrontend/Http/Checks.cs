using System.ComponentModel.DataAnnotations;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Text without control characters. See <see cref="Text.IsClean"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class CleanTextAttribute : ValidationAttribute
{
    public CleanTextAttribute() : base("must not contain control characters") { }

    public override bool IsValid(object? value) => value is not string text || Text.IsClean(text);
}

/// <summary>An e-mail address.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class MailAddressAttribute : ValidationAttribute
{
    public MailAddressAttribute() : base("is no e-mail address") { }

    public override bool IsValid(object? value) => value is not string text || EmailAddress.IsValid(text.Trim());
}

/// <summary>An ISO 3166-1 alpha-2 country code.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class CountryCodeAttribute : ValidationAttribute
{
    public CountryCodeAttribute() : base("must be a country code of two upper-case letters, such as US") { }

    public override bool IsValid(object? value) => value is not string text || Country.IsCode(text);
}
