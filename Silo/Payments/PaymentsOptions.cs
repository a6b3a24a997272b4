namespace SoonShop.Silo.Payments;

/// <summary>Configuration section <c>Payments</c>: the payment provider, and when money is taken.</summary>
public sealed class PaymentsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Payments";

    /// <summary>The payment provider. Outside Development it must be set.</summary>
    public PaymentProviderKind Provider { get; set; }

    /// <summary>When the money is taken.</summary>
    public CaptureMode Capture { get; set; }

    /// <summary>The settings of the provider Stripe.</summary>
    public StripeOptions Stripe { get; set; } = new();

    /// <summary>The settings of reconciliation, which compares the provider's payments with the shop's.</summary>
    public ReconciliationOptions Reconciliation { get; set; } = new();

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Enum.IsDefined(Provider))
            yield return $"Payments:Provider is {Provider}; set Payments__Provider to Simulated or Stripe.";
        if (!Enum.IsDefined(Capture))
            yield return $"Payments:Capture is {Capture}; set Payments__Capture to Automatic or Manual.";
        foreach (var problem in Reconciliation.Problems())
            yield return problem;
        if (Provider == PaymentProviderKind.Stripe)
        {
            foreach (var problem in Stripe.Problems())
                yield return problem;
        }
    }
}

/// <summary>The payment provider.</summary>
public enum PaymentProviderKind
{
    /// <summary>Responds like Stripe's test cards; no money moves.</summary>
    Simulated,
    /// <summary>Stripe. Requires an API key and a webhook secret.</summary>
    Stripe,
}

/// <summary>When the money is taken.</summary>
public enum CaptureMode
{
    /// <summary>At the checkout.</summary>
    Automatic,
    /// <summary>Authorized at the checkout, captured when the order is shipped or by an administrator before that.</summary>
    Manual,
}
