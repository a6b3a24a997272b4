namespace SoonShop.Silo.Payments;

/// <summary>Configuration section <c>Payments</c>: who moves the money, and when it is taken.</summary>
public sealed class PaymentsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Payments";

    /// <summary>Who moves the money.</summary>
    public PaymentProviderKind Provider { get; set; }

    /// <summary>When the money is taken.</summary>
    public CaptureMode Capture { get; set; }

    /// <summary>For the provider Stripe.</summary>
    public StripeOptions Stripe { get; set; } = new();

    /// <summary>How the provider's books are compared with the shop's.</summary>
    public ReconciliationOptions Reconciliation { get; set; } = new();

    /// <summary>What is wrong, each with what to set.</summary>
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

/// <summary>Who moves the money.</summary>
public enum PaymentProviderKind
{
    /// <summary>Nobody: answers like Stripe's test cards.</summary>
    Simulated,
    /// <summary>Stripe; needs a key and a webhook secret.</summary>
    Stripe,
}

/// <summary>When the money is taken.</summary>
public enum CaptureMode
{
    /// <summary>At the checkout.</summary>
    Automatic,
    /// <summary>It is held at the checkout, and taken when the order is shipped or by an administrator before that.</summary>
    Manual,
}
