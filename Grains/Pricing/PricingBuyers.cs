using SoonShop.Orders;
using SoonShop.Users;

namespace SoonShop.Pricing;

/// <summary>Finds what prices depend on of a buyer.</summary>
public sealed class PricingBuyers(IGrainFactory grains, IOrderQueries orders)
{
    /// <summary>Returns the buyer of a cart or an order.</summary>
    /// <param name="customerId">The account; null for a guest.</param>
    /// <param name="email">A guest's e-mail address; null while it is not known.</param>
    /// <param name="asksForFirstOrder">True when a promotion asks whether it is the buyer's first order.</param>
    /// <remarks>
    /// A first order needs an account: a guest can use a new e-mail address for each order, and a cart does not know it before the order is
    /// placed.
    /// </remarks>
    public async ValueTask<Buyer> FindAsync(Guid? customerId, string? email, bool asksForFirstOrder)
    {
        if (customerId is not { } id)
            return email is null ? Buyer.Unknown : new Buyer { CustomerKey = KeyOf(email), Email = email };
        var profile = (await grains.Reference<IUserGrain>(id).GetPricingProfileAsync()).Value ?? PricingProfile.None;
        return new Buyer
        {
            CustomerKey = id.ToString("N"),
            Email = profile.Email,
            Groups = profile.Groups,
            TaxExemptionReason = profile.TaxExemptionReason,
            IsFirstOrder = asksForFirstOrder && !await orders.HasBoughtAsync(id, CancellationToken.None),
        };
    }

    /// <summary>Returns the key that counts a guest's uses of promotions: a digest of the normalized address.</summary>
    public static string KeyOf(string email) => Deterministic.Id("buyer", EmailAddress.Normalize(email)).ToString("N");
}
