using System.Net;
using Microsoft.AspNetCore.Http;
using SoonShop.Silo.Dashboard;

namespace SoonShop.Tests.Operations;

public sealed class DashboardSignInTests
{
    [Fact]
    public async Task one_address_may_not_try_without_end()
    {
        using var signIn = new DashboardSignIn(new DashboardAccessOptions { SignInsPerMinute = 2 }, null!, null!, null!,
            TimeProvider.System);
        async Task<int?> TryFromAsync(string address, string? site = null)
        {
            var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };
            if (site is not null)
                context.Request.Headers["Sec-Fetch-Site"] = site;
            return ((IStatusCodeHttpResult)await signIn.SignInAsync(context, "nobody", "")).StatusCode;
        }

        Assert.Equal([401, 401, 429], [await TryFromAsync("192.0.2.1"), await TryFromAsync("192.0.2.1"), await TryFromAsync("192.0.2.1")]);
        Assert.Equal(401, await TryFromAsync("192.0.2.2"));
        // Whoever has one address of IPv6 has very many.
        Assert.Equal(
            [401, 401, 429],
            [await TryFromAsync("2001:db8::1"), await TryFromAsync("2001:db8::ffff:1"), await TryFromAsync("2001:db8::2")]);
        Assert.Equal(401, await TryFromAsync("2001:db8:0:1::1"));
        Assert.Equal(429, await TryFromAsync("::ffff:192.0.2.1"));
        // Forms of other pages are refused.
        Assert.Equal(
            [403, 403, 401], [
                await TryFromAsync("192.0.2.3", "cross-site"), await TryFromAsync("192.0.2.3", "same-site"),
                await TryFromAsync("192.0.2.3", "same-origin")]);
    }
}
