using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Users;

/// <summary>What routes have in common whose body holds a password.</summary>
internal static class PasswordRoutes
{
    /// <summary>The route waits for a password to be hashed or checked, and nothing kept of its requests tells the password.</summary>
    public static RouteHandlerBuilder TakesPassword(this RouteHandlerBuilder route) => route.Admit(AdmissionClass.Passwords).HoldsSecret();
}
