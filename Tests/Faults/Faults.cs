using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>Tests that put load on a shop while processes die: one after another, beside others. Their limits of time are wide.</summary>
[CollectionDefinition(nameof(Faults))]
public sealed class Faults;

/// <summary>Tests that stop a database server of their own, which they share: one after another, beside others.</summary>
[CollectionDefinition(nameof(Outages))]
public sealed class Outages;

/// <summary>The administrator whom a silo makes when it starts.</summary>
internal static class Administrator
{
    /// <summary>Signed in, as soon as the account is there.</summary>
    public static async Task<ApiClient> ArriveAsync(ApiClient api)
    {
        await Until.TrueAsync("the administrator exists", TimeSpan.FromSeconds(30), async () =>
            (int)(await api.PostAsync("/auth/login", new { email = Shop.AdminEmail, password = Shop.AdminPassword })).Status == 200);
        return await api.AsAdminAsync();
    }
}
