using SoonShop.Addresses;
using SoonShop.Aggregates;
using SoonShop.Pricing;

namespace SoonShop.Users;

/// <summary>Accounts that come from another shop.</summary>
public sealed partial record UserState
{
    /// <summary>
    /// Creates an account without a password and without a mail. Its owner sets a password with <c>POST /auth/password/forgot</c>, which
    /// proves the address. Errors: <c>validation-failed</c>, with the names of the fields as in the API.
    /// </summary>
    public static Decision<UserState> Import(Guid id, ImportUser command, DateTimeOffset now)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        var email = command.Email.Trim();
        if (!EmailAddress.IsValid(email))
            errors["email"] = [ErrorText.Of("field.email", "is not a valid e-mail address")];
        var name = string.IsNullOrWhiteSpace(command.DisplayName) ? null : command.DisplayName;
        if (name is not null && DisplayNames.Problem(name) is { } problem)
            errors["displayName"] = [problem];
        if (command.Locale is { } locale && !LanguageTag.IsValid(locale))
            errors["locale"] = [LanguageTag.Problem];
        ImmutableArray<SavedAddress> addresses = [];
        if (command.Address is { } address)
        {
            var (usable, faults) = AddressRules.Check(address);
            foreach (var (field, texts) in faults)
                errors[$"address.{field}"] = texts;
            addresses = [new SavedAddress(Deterministic.Id("imported-address", id.ToString("N")), usable)];
        }
        if (errors.Count > 0)
            return Error.Invalid(errors);
        return new UserState
        {
            Id = id,
            Email = email,
            NormalizedEmail = EmailAddress.Normalize(email),
            DisplayName = name is null ? DisplayNames.OfAddress(email) : DisplayNames.Clean(name),
            Locale = command.Locale ?? "en",
            PasswordHash = "",
            Roles = [Role.Customer],
            CreatedAt = now,
            Addresses = addresses,
        }.SetPricingProfile(new PricingProfile(command.Groups, command.TaxExemptionReason)) switch
        {
            { Error: { } refused } => refused,
            // Also without groups, which change nothing of a profile.
            { State: var user } => Decision<UserState>.To(user),
        };
    }
}
