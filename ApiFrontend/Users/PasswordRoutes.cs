using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Users;

/// <summary>The common declarations of routes whose body has a password.</summary>
internal static class PasswordRoutes
{
    /// <summary>
    /// Declares that the route waits for a password to be hashed or verified, and that stored responses must not reveal it.
    /// </summary>
    public static RouteHandlerBuilder TakesPassword(this RouteHandlerBuilder route) => route.Admit(AdmissionClass.Passwords).HoldsSecret();
}
