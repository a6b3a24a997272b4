using Microsoft.Extensions.DependencyInjection;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>
/// A payment provider: its settings with their checks, its services, its secrets and its decline texts. A module has no state of its own.
/// </summary>
internal interface IPaymentProviderModule : IPaymentProviderInfo
{
    /// <summary>Creates the options to which the section <c>Payments:</c> and the name is bound; null without settings.</summary>
    object? CreateOptions() => null;

    /// <summary>Returns what is wrong with the settings when this provider is in use, each with the value to set.</summary>
    IEnumerable<string> Problems(PaymentsOptions payments) => [];

    /// <summary>
    /// Returns which settings only Development may have, each with the value to set, whether this provider is in use or not.
    /// </summary>
    /// <param name="payments">The settings.</param>
    /// <param name="isUnnamed">True where payments are taken and <c>Payments:Provider</c> is not set.</param>
    IEnumerable<string> ProblemsOutsideDevelopment(PaymentsOptions payments, bool isUnnamed) => [];

    /// <summary>
    /// Returns the text without the secrets of this provider, recognized by their format. Logs and messages pass through it.
    /// </summary>
    string Redact(string text) => text;

    /// <summary>
    /// Returns the SQL of the provider's captured payments (<c>id, reference, amount, refunded</c>) for the integrity check. Null for a
    /// provider outside the shop's database.
    /// </summary>
    string? CapturedSql => null;

    /// <summary>
    /// Registers the ports: <see cref="IPaymentProvider"/> with <see cref="PaymentsHosting.AddPaymentProvider{T}"/>,
    /// <see cref="IPaymentMethods"/>, <see cref="IProviderTransactions"/> and, for a provider that sends webhooks,
    /// <see cref="IPaymentWebhooks"/>.
    /// </summary>
    void AddServices(IServiceCollection services, PaymentsOptions payments);
}
