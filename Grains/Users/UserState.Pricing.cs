using SoonShop.Aggregates;
using SoonShop.Pricing;

namespace SoonShop.Users;

/// <summary>What prices depend on of a customer. Administrators set it.</summary>
public sealed partial record UserState
{
    /// <summary>The customer groups, sorted.</summary>
    public ImmutableArray<string> CustomerGroups { get; init; } = [];

    /// <summary>Why the customer pays no tax, such as a VAT number; null for a customer who pays it.</summary>
    public string? TaxExemptionReason { get; init; }

    /// <summary>Returns what prices depend on.</summary>
    public PricingProfile ToPricingProfile(int version) => new(CustomerGroups, TaxExemptionReason)
    {
        Version = version,
        Email = Email,
    };

    /// <summary>Replaces what prices depend on.</summary>
    public Decision<UserState> SetPricingProfile(PricingProfile profile)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        ImmutableArray<string> groups = [.. profile.Groups.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (groups.Length > PricingProfile.MaxGroups)
            errors["groups"] = [ErrorText.Of("field.entries", $"must have at most {PricingProfile.MaxGroups} entries")];
        for (var i = 0; i < profile.Groups.Length && errors.Count == 0; i++)
        {
            if (!RuleName.IsSlug(profile.Groups[i]))
                errors[$"groups[{i}]"] = [RuleName.NoSlug];
        }
        var reason = profile.TaxExemptionReason?.Trim();
        if (reason is not null && (reason.Length is 0 or > PricingProfile.MaxReasonLength || !Text.IsLine(reason)))
        {
            errors["taxExemptionReason"] =
                [ErrorText.Of("field.line-length", $"must be 1–{PricingProfile.MaxReasonLength} characters on one line")];
        }
        if (errors.Count > 0)
            return Error.Invalid(errors);
        return groups.SequenceEqual(CustomerGroups) && reason == TaxExemptionReason
            ? Decision<UserState>.NoChange(this)
            : Decision<UserState>.To(this with { CustomerGroups = groups, TaxExemptionReason = reason });
    }
}
