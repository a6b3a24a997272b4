using System.Text;

namespace SoonShop.Users;

/// <summary>An account that comes from another shop. No password opens it until its owner sets one by mail.</summary>
/// <param name="Email">The e-mail address; not verified.</param>
/// <param name="DisplayName">The customer's name; null for the part before the @.</param>
/// <param name="Locale">The language tag (BCP 47); null for English.</param>
/// <param name="Address">The first entry of the address book; null for none.</param>
/// <param name="Groups">The customer groups.</param>
/// <param name="TaxExemptionReason">Why the customer pays no tax; null for a customer who pays it.</param>
[GenerateSerializer, Immutable, Alias("soonshop.import-user")]
public sealed record ImportUser(
    string Email, string? DisplayName, string? Locale, Address? Address, ImmutableArray<string> Groups, string? TaxExemptionReason)
{
    /// <summary>Prints no personal data, because printed records end up in logs.</summary>
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Groups = ").Append(Groups.IsDefault ? 0 : Groups.Length);
        return true;
    }
}
